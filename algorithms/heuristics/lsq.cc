#include "algorithms/heuristics/heuristic_policy.h"
#include "algorithms/heuristics/heuristics.h"

namespace evenkeel {

absl::StatusOr<std::unique_ptr<Policy>> MakeLsq(const PolicyContext& context) {
  return MakeFixedWeights(context, v1::SHORTEST_EXPECTED_DELAY,
                          std::vector<float>(context.nominal_weights.size(), 1));
}

}  // namespace evenkeel
