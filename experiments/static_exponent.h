// The search behind sed_static: which fixed ratio of weights is best, found without looking at held-out
// traces.
#ifndef EVENKEEL_EXPERIMENTS_STATIC_EXPONENT_H_
#define EVENKEEL_EXPERIMENTS_STATIC_EXPONENT_H_

#include <functional>

#include "absl/status/statusor.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

// Training traces that the search plays.
inline constexpr int kStaticExponentSeeds = 10;

// The exponent that algorithm.sed_static should have in `experiment` (fully resolved):
// algorithm.sed_static.exponent if it is set, else the best of algorithm.sed_static.exponents on the training
// traces 0 .. kStaticExponentSeeds-1, each as long as those of the evaluation. Best is the least geometric
// mean over the traces, so that one overloaded trace does not decide alone, of the mean completion time, where
// a rejected flow counts as the slowest finished one of its trace, so that a ratio that rejects more does not
// win by its survivors. The first of equals.
//
// Takes seconds. INVALID_ARGUMENT: no candidates, or held-out seeds that are among the training ones.
// CANCELLED as soon as `go_on` (called often) returns false.
absl::StatusOr<double> ChooseStaticExponent(const v1::Experiment& experiment,
                                            const std::function<bool()>& go_on);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_STATIC_EXPONENT_H_
