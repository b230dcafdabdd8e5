#include "absl/strings/str_cat.h"
#include "algorithms/heuristics/heuristic_policy.h"
#include "algorithms/heuristics/heuristics.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

class SedExchange : public HeuristicPolicy {
 public:
  explicit SedExchange(const PolicyContext& context) : HeuristicPolicy(context, v1::SHORTEST_EXPECTED_DELAY) {
    UseExchange(settings().sed_exchange().gain(), settings().sed_exchange().smoothing());
  }

 private:
  void Begin(const RoundContext&) override {}

  absl::Status Decide(int, const v1::Observation& observation, absl::Span<float>,
                      absl::Span<float>) override {
    if (observation.others_open_flows_size() == context().servers) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat("sed_exchange needs the other LBs' counts, and observation.others_open_flows has ",
                     observation.others_open_flows_size(), " of ", context().servers,
                     " entries: these LBs exchange none; set agent.exchange, or choose sed_own_average"));
  }
};

}  // namespace

absl::StatusOr<std::unique_ptr<Policy>> MakeSedExchange(const PolicyContext& context) {
  EK_RETURN_IF_ERROR(CheckContext(context));
  const v1::SedExchange& settings = context.experiment->algorithm().sed_exchange();
  if (!(settings.gain() >= 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("algorithm.sed_exchange.gain is ", settings.gain(), ": expected at least 0"));
  }
  if (!(settings.smoothing() >= 0 && settings.smoothing() < 1)) {
    return absl::InvalidArgumentError(absl::StrCat("algorithm.sed_exchange.smoothing is ",
                                                   settings.smoothing(),
                                                   ": expected at least 0 and less than 1"));
  }
  return std::make_unique<SedExchange>(context);
}

}  // namespace evenkeel
