#include <cmath>

#include "absl/strings/str_cat.h"
#include "algorithms/heuristics/heuristic_policy.h"
#include "algorithms/heuristics/heuristics.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

class SedOwnAverage : public HeuristicPolicy {
 public:
  explicit SedOwnAverage(const PolicyContext& context)
      : HeuristicPolicy(context, v1::SHORTEST_EXPECTED_DELAY),
        others_(static_cast<float>(context.agents - 1)),
        new_share_(-std::expm1(-agent_settings().step_interval_seconds() /
                               settings().sed_own_average().horizon_seconds())) {}

 private:
  void Begin(const RoundContext& round) override {
    average_.assign(static_cast<size_t>(round.worlds) * context().servers, 0.0f);
  }

  absl::Status Decide(int world, const v1::Observation& observation, absl::Span<float>,
                      absl::Span<float> biases) override {
    float* average = &average_[static_cast<size_t>(world) * context().servers];
    for (int j = 0; j < context().servers; ++j) {
      average[j] += new_share_ * (observation.mean_open_flows(j) - average[j]);
      biases[j] = others_ * average[j];
    }
    return absl::OkStatus();
  }

  const float others_;          // m - 1
  const float new_share_;       // of the newest step in the average
  std::vector<float> average_;  // [W, n] own open flows
};

}  // namespace

absl::StatusOr<std::unique_ptr<Policy>> MakeSedOwnAverage(const PolicyContext& context) {
  EK_RETURN_IF_ERROR(CheckContext(context));
  const double horizon = context.experiment->algorithm().sed_own_average().horizon_seconds();
  if (!(horizon > 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("algorithm.sed_own_average.horizon_seconds is ", horizon, ": expected more than 0"));
  }
  return std::make_unique<SedOwnAverage>(context);
}

}  // namespace evenkeel
