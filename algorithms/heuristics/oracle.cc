#include "algorithms/heuristics/heuristic_policy.h"
#include "algorithms/heuristics/heuristics.h"

namespace evenkeel {

absl::StatusOr<std::unique_ptr<Policy>> MakeOracle(const PolicyContext& context) {
  return MakeFixedWeights(context, v1::LEAST_ADDED_DELAY, context.nominal_weights);
}

}  // namespace evenkeel
