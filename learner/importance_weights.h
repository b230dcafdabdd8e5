// What prioritised draws prefer, made up for in the loss (Schaul et al. 2016, section 3.4).
#ifndef EVENKEEL_LEARNER_IMPORTANCE_WEIGHTS_H_
#define EVENKEEL_LEARNER_IMPORTANCE_WEIGHTS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "protos/experiment.pb.h"
#include "protos/replay.pb.h"

namespace evenkeel {

// beta of update `update`, counted from 0, of `updates` in all: from table.importance_exponent_start in a straight line to
// importance_exponent_end, which the last update has. Unset ones are 0.
double ImportanceExponent(const v1::ReplayTable& table, uint64_t update, uint64_t updates);

// One weight per item of the batch: (1/N x 1/P)^exponent, P the item's probability, divided by the largest of the batch. That
// takes N out: (smallest P of the batch / P)^exponent. In (0, 1], exactly 1 where all P are equal. INTERNAL names the item
// whose P is not a number above 0.
absl::StatusOr<std::vector<float>> ImportanceWeights(absl::Span<const v1::SampledItem> batch, double exponent);

}  // namespace evenkeel

#endif  // EVENKEEL_LEARNER_IMPORTANCE_WEIGHTS_H_
