#include "algorithms/heuristics/heuristic_policy.h"
#include "algorithms/heuristics/heuristics.h"

namespace evenkeel {

absl::StatusOr<std::unique_ptr<Policy>> MakeSedGlobal(const PolicyContext& context) {
  return MakeFixedWeights(context, v1::TRUE_COUNTS, context.nominal_weights);
}

}  // namespace evenkeel
