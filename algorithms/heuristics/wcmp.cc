#include "algorithms/heuristics/heuristic_policy.h"
#include "algorithms/heuristics/heuristics.h"

namespace evenkeel {

absl::StatusOr<std::unique_ptr<Policy>> MakeWcmp(const PolicyContext& context) {
  return MakeFixedWeights(context, v1::WEIGHTED_RANDOM, context.nominal_weights);
}

}  // namespace evenkeel
