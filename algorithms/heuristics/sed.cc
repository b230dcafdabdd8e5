#include "algorithms/heuristics/heuristic_policy.h"
#include "algorithms/heuristics/heuristics.h"

namespace evenkeel {

absl::StatusOr<std::unique_ptr<Policy>> MakeSed(const PolicyContext& context) {
  return MakeFixedWeights(context, v1::SHORTEST_EXPECTED_DELAY, context.nominal_weights);
}

}  // namespace evenkeel
