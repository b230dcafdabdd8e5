// What the value of each step of a batch should have been. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_TD_TARGETS_H_
#define EVENKEEL_ALGORITHMS_TD_TARGETS_H_

#include <vector>

#include "absl/types/span.h"
#include "algorithms/batch.h"

namespace evenkeel {

// TD(lambda) targets [T, B, W] of `batch`, W values per step:
//   G_t = r_t + discount x [(1 - lambda) V_{t+1} + lambda G_{t+1}]
// where the bracket is V_{t+1} alone in an episode's last step if it was cut by time, and 0 if the task ended there.
// next_values [T, B, W] holds V_{t+1}, the value of row t+1, at place t (method.md A5: the released code was one row
// further). lambda = 0 gives one-step targets. Padding gives 0. r_t is the head's own reward where the batch has those and
// the values are the heads' (W = m n), else that of the step.
std::vector<float> TdTargets(const Batch& batch, absl::Span<const float> next_values, float discount, float lambda);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_TD_TARGETS_H_
