// The search behind sed_static: which fixed ratio of weights is best, found without looking at held-out
// traces.
#ifndef EVENKEEL_EXPERIMENTS_STATIC_EXPONENT_H_
#define EVENKEEL_EXPERIMENTS_STATIC_EXPONENT_H_

#include <functional>

#include "absl/status/statusor.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

// Training traces that the search plays.
inline constexpr int kStaticExponentSeeds = 3;

// The exponent that algorithm.sed_static should have in `experiment` (fully resolved):
// algorithm.sed_static.exponent if it is set, else the best of algorithm.sed_static.exponents on the training
// traces 0 .. kStaticExponentSeeds-1, each as long as those of the evaluation. Best is the least mean
// completion time among the candidates whose share of rejected flows is within 0.1 points of the least (a
// policy that rejects more would win by its survivors); the first of equals.
//
// Takes seconds. INVALID_ARGUMENT: no candidates, or held-out seeds that are among the training ones.
// CANCELLED as soon as `go_on` (called often) returns false.
absl::StatusOr<double> ChooseStaticExponent(const v1::Experiment& experiment,
                                            const std::function<bool()>& go_on);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_STATIC_EXPONENT_H_
