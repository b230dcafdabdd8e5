#include "algorithms/heuristics/heuristic_policy.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

class FixedWeights : public HeuristicPolicy {
 public:
  FixedWeights(const PolicyContext& context, v1::DispatchMode mode, std::vector<float> weights)
      : HeuristicPolicy(context, mode), fixed_(std::move(weights)) {}

 private:
  void Begin(const RoundContext&) override {}

  absl::Status Decide(int, const v1::Observation&, absl::Span<float> weights, absl::Span<float>) override {
    std::copy(fixed_.begin(), fixed_.end(), weights.begin());
    return absl::OkStatus();
  }

  const std::vector<float> fixed_;
};

}  // namespace

absl::Status CheckContext(const PolicyContext& context) {
  if (context.experiment == nullptr) return absl::InvalidArgumentError("a policy needs an experiment");
  if (context.agent < 0 || context.agent >= context.agents) {
    return absl::InvalidArgumentError(
        absl::StrCat("agent ", context.agent, " is not one of ", context.agents));
  }
  if (context.servers < 1 || context.nominal_weights.size() != static_cast<size_t>(context.servers)) {
    return absl::InvalidArgumentError(absl::StrCat(context.nominal_weights.size(), " nominal weights for ",
                                                   context.servers, " servers: expected one each"));
  }
  for (int j = 0; j < context.servers; ++j) {
    const float weight = context.nominal_weights[j];
    if (!std::isfinite(weight) || weight <= 0) {
      return absl::InvalidArgumentError(absl::StrCat("topology.servers.nominal_weight of server ", j, " is ",
                                                     weight, ": expected more than 0"));
    }
  }
  return absl::OkStatus();
}

HeuristicPolicy::HeuristicPolicy(const PolicyContext& context, v1::DispatchMode mode)
    : context_(context), mode_(mode), weights_(context.servers), biases_(context.servers) {}

void HeuristicPolicy::UseExchange(double gain, double smoothing) {
  exchange_gain_ = static_cast<float>(gain);
  exchange_smoothing_ = static_cast<float>(smoothing);
}

void HeuristicPolicy::BeginRound(const RoundContext& round) { Begin(round); }

absl::Status HeuristicPolicy::Act(absl::Span<const v1::Observation* const> observations,
                                  absl::Span<v1::Action> actions) {
  for (size_t world = 0; world < observations.size(); ++world) {
    const v1::Observation& observation = *observations[world];
    EK_RETURN_IF_ERROR(CheckObservation(world, observation));
    std::copy(context_.nominal_weights.begin(), context_.nominal_weights.end(), weights_.begin());
    std::fill(biases_.begin(), biases_.end(), 0.0f);
    EK_RETURN_IF_ERROR(Decide(world, observation, absl::MakeSpan(weights_), absl::MakeSpan(biases_)));
    Write(observation, &actions[world]);
  }
  return absl::OkStatus();
}

absl::Status HeuristicPolicy::CheckObservation(int world, const v1::Observation& o) const {
  const std::pair<const char*, int> fields[] = {
      {"open_flows", o.open_flows_size()},
      {"flow_duration_mean", o.flow_duration_mean_size()},
      {"flow_duration_p90", o.flow_duration_p90_size()},
      {"flow_duration_std", o.flow_duration_std_size()},
      {"flow_duration_mean_decayed", o.flow_duration_mean_decayed_size()},
      {"flow_duration_p90_decayed", o.flow_duration_p90_decayed_size()},
      {"mean_open_flows", o.mean_open_flows_size()},
      {"flows_sent", o.flows_sent_size()},
      {"flows_finished", o.flows_finished_size()},
      {"flows_rejected", o.flows_rejected_size()},
      {"flow_duration_sum", o.flow_duration_sum_size()},
      {"available", o.available_size()},
  };
  for (const auto& [name, size] : fields) {
    if (size == context_.servers) continue;
    return absl::InvalidArgumentError(absl::StrCat("agent ", context_.agent, ", world ", world,
                                                   ": observation.", name, " has ", size,
                                                   " entries, expected one per server: ", context_.servers));
  }
  return absl::OkStatus();
}

void HeuristicPolicy::Write(const v1::Observation& observation, v1::Action* action) const {
  action->clear_levels();
  v1::Controls* controls = action->mutable_controls();
  controls->set_mode(mode_);
  controls->set_exchange_gain(exchange_gain_);
  controls->set_exchange_smoothing(exchange_smoothing_);
  auto* servers = controls->mutable_servers();
  while (servers->size() < context_.servers) servers->Add();
  while (servers->size() > context_.servers) servers->RemoveLast();
  const auto& available = observation.available();
  const bool none = std::all_of(available.begin(), available.end(), [](float a) { return a == 0; });
  for (int j = 0; j < context_.servers; ++j) {
    v1::ServerControl* server = servers->Mutable(j);
    server->set_weight(none || available[j] != 0 ? weights_[j] : 0);
    server->set_bias(biases_[j]);
  }
}

absl::StatusOr<std::unique_ptr<Policy>> MakeFixedWeights(const PolicyContext& context, v1::DispatchMode mode,
                                                         std::vector<float> weights) {
  EK_RETURN_IF_ERROR(CheckContext(context));
  return std::make_unique<FixedWeights>(context, mode, std::move(weights));
}

}  // namespace evenkeel
