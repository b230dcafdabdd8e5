#include "algorithms/heuristics/heuristic_policy.h"
#include "algorithms/heuristics/heuristics.h"

namespace evenkeel {

absl::StatusOr<std::unique_ptr<Policy>> MakeP2c(const PolicyContext& context) {
  return MakeFixedWeights(context, v1::POWER_OF_TWO, context.nominal_weights);
}

}  // namespace evenkeel
