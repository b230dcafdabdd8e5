#include "actor/policy_holder.h"

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace evenkeel {

absl::Status PolicyHolder::MakePolicy(const v1::RoundStart& round) {
  std::vector<float> nominal_weights(round.nominal_weights().begin(), round.nominal_weights().end());
  if (policy_ != nullptr && nominal_weights == nominal_weights_) return absl::OkStatus();
  EK_ASSIGN_OR_RETURN(policy_, options_.make_policy(nominal_weights));
  nominal_weights_ = std::move(nominal_weights);
  held_ = nullptr;
  return absl::OkStatus();
}

absl::Status PolicyHolder::TakeVersion(uint64_t min_version, const absl::Notification* stop) {
  if (options_.source == nullptr) {
    if (min_version == 0) return absl::OkStatus();
    return absl::FailedPreconditionError(absl::StrCat("the coordinator asks for policy version ", min_version,
                                                      " of an algorithm that does not learn"));
  }
  EK_ASSIGN_OR_RETURN(SharedPolicy newest,
                      options_.source->AwaitVersion(min_version, options_.patience, stop));
  if (newest == held_) return absl::OkStatus();
  EK_RETURN_IF_ERROR(policy_->Load(*newest));
  held_ = std::move(newest);
  return absl::OkStatus();
}

absl::Status PolicyHolder::BeginRound(const v1::RoundStart& round, const absl::Notification* stop) {
  EK_RETURN_IF_ERROR(MakePolicy(round));
  EK_RETURN_IF_ERROR(TakeVersion(round.min_policy_version(), stop));
  RoundContext context;
  context.first_episode = round.first_episode();
  context.worlds = static_cast<int>(round.worlds());
  context.explore = round.explore();
  policy_->BeginRound(context);
  return absl::OkStatus();
}

}  // namespace evenkeel
