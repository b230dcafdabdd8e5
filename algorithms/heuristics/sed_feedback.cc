#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "algorithms/heuristics/heuristic_policy.h"
#include "algorithms/heuristics/heuristics.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

// No server's weight leaves nominal by more than this factor, so that one freak duration cannot starve a
// server.
constexpr double kMostLogShift = 1.3862943611198906;  // log 4

// Fewer (discounted) flows than this say nothing of a server.
constexpr double kLeastFlows = 1;

struct ServerState {
  double duration_sum_s = 0;  // discounted
  double flows = 0;           // discounted
  double log_shift = 0;       // log(weight / nominal)
};

class SedFeedback : public HeuristicPolicy {
 public:
  explicit SedFeedback(const PolicyContext& context)
      : HeuristicPolicy(context, v1::SHORTEST_EXPECTED_DELAY),
        gain_(settings().sed_feedback().gain()),
        leak_(settings().sed_feedback().leak()),
        decay_(std::pow(agent_settings().duration_decay_per_second(),
                        agent_settings().step_interval_seconds())) {}

 private:
  void Begin(const RoundContext& round) override {
    states_.assign(static_cast<size_t>(round.worlds) * context().servers, ServerState());
  }

  absl::Status Decide(int world, const v1::Observation& observation, absl::Span<float> weights,
                      absl::Span<float>) override {
    const int servers = context().servers;
    ServerState* states = &states_[static_cast<size_t>(world) * servers];
    double log_sum = 0;
    int known = 0;
    for (int j = 0; j < servers; ++j) {
      ServerState& state = states[j];
      state.duration_sum_s = decay_ * state.duration_sum_s + observation.flow_duration_sum(j);
      state.flows = decay_ * state.flows + observation.flows_finished(j);
      if (!Known(state)) continue;
      log_sum += LogDuration(state);
      ++known;
    }
    for (int j = 0; j < servers; ++j) {
      ServerState& state = states[j];
      const double push = Known(state) ? -gain_ * (LogDuration(state) - log_sum / known) : 0;
      state.log_shift += leak_ * (push - state.log_shift);
      state.log_shift = std::clamp(state.log_shift, -kMostLogShift, kMostLogShift);
      weights[j] *= static_cast<float>(std::exp(state.log_shift));
    }
    return absl::OkStatus();
  }

  static bool Known(const ServerState& state) {
    return state.flows >= kLeastFlows && state.duration_sum_s > 0;
  }
  static double LogDuration(const ServerState& state) { return std::log(state.duration_sum_s / state.flows); }

  const double gain_;
  const double leak_;
  const double decay_;               // per step
  std::vector<ServerState> states_;  // [W, n]
};

}  // namespace

absl::StatusOr<std::unique_ptr<Policy>> MakeSedFeedback(const PolicyContext& context) {
  EK_RETURN_IF_ERROR(CheckContext(context));
  const v1::SedFeedback& settings = context.experiment->algorithm().sed_feedback();
  if (!(settings.gain() >= 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("algorithm.sed_feedback.gain is ", settings.gain(), ": expected at least 0"));
  }
  if (!(settings.leak() > 0 && settings.leak() <= 1)) {
    return absl::InvalidArgumentError(absl::StrCat("algorithm.sed_feedback.leak is ", settings.leak(),
                                                   ": expected more than 0 and at most 1"));
  }
  return std::make_unique<SedFeedback>(context);
}

}  // namespace evenkeel
