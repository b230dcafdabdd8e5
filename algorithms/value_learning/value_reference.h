// The update of qmix with the paper's network as plainly as LibTorch lets one write it: the GRU is at::gru_cell step by step,
// and every gradient is LibTorch's. A yardstick for the trainer: of its results in a test, of its speed in a benchmark.
#ifndef EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_REFERENCE_H_
#define EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_REFERENCE_H_

#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/types/span.h"
#include "algorithms/adam.h"
#include "algorithms/value_learning/value_settings.h"
#include "protos/transition.pb.h"

namespace evenkeel {

// Starts from the parameters that a trainer of the same settings starts from. The target network is not renewed. Not
// thread-safe. REQUIRES: Mixing::kMonotonic, a recurrent PAPER network, td_lambda 0.
class ReferenceLearner {
 public:
  explicit ReferenceLearner(const ValueSettings& settings);

  // One gradient step; the loss before it. REQUIRES: the episodes fit.
  double Update(absl::Span<const v1::Episode* const> episodes);

 private:
  const ValueSettings settings_;
  at::Tensor flat_;
  std::vector<at::Tensor> online_, target_;
  Adam adam_;
  uint64_t updates_ = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_REFERENCE_H_
