#include <cmath>

#include "absl/strings/str_cat.h"
#include "algorithms/heuristics/heuristic_policy.h"
#include "algorithms/heuristics/heuristics.h"
#include "common/status_macros.h"

namespace evenkeel {

absl::StatusOr<std::unique_ptr<Policy>> MakeSedStatic(const PolicyContext& context) {
  EK_RETURN_IF_ERROR(CheckContext(context));
  const v1::SedStatic& settings = context.experiment->algorithm().sed_static();
  if (!settings.has_exponent()) {
    return absl::InvalidArgumentError(
        "algorithm.sed_static.exponent is not set: search it on training traces first (`evenkeel eval` "
        "does), or give "
        "it, e.g. --set algorithm.sed_static.exponent=0.75");
  }
  std::vector<float> weights = context.nominal_weights;
  for (float& weight : weights) {
    weight = std::pow(weight, settings.exponent());
    if (std::isfinite(weight) && weight > 0) continue;
    return absl::InvalidArgumentError(absl::StrCat("algorithm.sed_static.exponent is ", settings.exponent(),
                                                   ", which makes a weight of ", weight));
  }
  return MakeFixedWeights(context, v1::SHORTEST_EXPECTED_DELAY, std::move(weights));
}

}  // namespace evenkeel
