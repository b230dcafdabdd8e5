#include "algorithms/heuristics/heuristic_policy.h"
#include "algorithms/heuristics/heuristics.h"

namespace evenkeel {

absl::StatusOr<std::unique_ptr<Policy>> MakeEcmp(const PolicyContext& context) {
  return MakeFixedWeights(context, v1::WEIGHTED_RANDOM,
                          std::vector<float>(context.nominal_weights.size(), 1));
}

}  // namespace evenkeel
