#include <algorithm>

#include "absl/strings/str_cat.h"
#include "algorithms/heuristics/heuristic_policy.h"
#include "algorithms/heuristics/heuristics.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

class Awcmp : public HeuristicPolicy {
 public:
  explicit Awcmp(const PolicyContext& context)
      : HeuristicPolicy(context, v1::WEIGHTED_RANDOM),
        kept_(context.experiment->algorithm().awcmp().smoothing()) {}

 private:
  void Begin(const RoundContext& round) override {
    const std::vector<float>& nominal = context().nominal_weights;
    const float largest = *std::max_element(nominal.begin(), nominal.end());
    smoothed_.clear();
    for (int world = 0; world < round.worlds; ++world) {
      for (float weight : nominal) smoothed_.push_back(weight / largest);
    }
  }

  absl::Status Decide(int world, const v1::Observation& observation, absl::Span<float> weights,
                      absl::Span<float>) override {
    const int servers = context().servers;
    if (observation.busy_workers_size() != servers) {
      return absl::FailedPreconditionError(absl::StrCat(
          "awcmp needs a probe of the busy workers of every server, and observation.busy_workers has ",
          observation.busy_workers_size(), " of ", servers,
          " entries: this data plane runs no probe; choose an algorithm that needs none, such as wcmp"));
    }
    for (int j = 0; j < servers; ++j) weights[j] /= std::max(0.0f, observation.busy_workers(j)) + 1;
    const float largest = *std::max_element(weights.begin(), weights.end());
    float* smoothed = &smoothed_[static_cast<size_t>(world) * servers];
    for (int j = 0; j < servers; ++j) {
      smoothed[j] = kept_ * smoothed[j] + (1 - kept_) * weights[j] / largest;
      weights[j] = smoothed[j];
    }
    return absl::OkStatus();
  }

  const float kept_;             // share of the old weight kept per step
  std::vector<float> smoothed_;  // [W, n]
};

}  // namespace

absl::StatusOr<std::unique_ptr<Policy>> MakeAwcmp(const PolicyContext& context) {
  EK_RETURN_IF_ERROR(CheckContext(context));
  const double smoothing = context.experiment->algorithm().awcmp().smoothing();
  if (!(smoothing >= 0 && smoothing < 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("algorithm.awcmp.smoothing is ", smoothing, ": expected at least 0 and less than 1"));
  }
  return std::make_unique<Awcmp>(context);
}

}  // namespace evenkeel
