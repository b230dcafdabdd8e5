// How long one update of the learner takes, and how much faster it is than the plain way to write it. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_BENCHMARK_H_
#define EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_BENCHMARK_H_

#include <vector>

#include "absl/status/statusor.h"
#include "common/benchmark_result.h"

namespace evenkeel {

// learner.update_ms.moderate, learner.reference_ms.moderate and learner.speedup.moderate, their ratio: qmix at the paper's
// moderate scale (2 LBs, 7 servers, 6 levels, batches of 12 episodes of 240 steps, 128 wide), one thread, the trainer and
// ReferenceLearner in turns with the same LibTorch and BLAS. Medians of 9 updates each after 2 that are not counted. Takes
// about 5 s. Call UseOneTorchThread and KeepFreedMemory (torch_process.h) first, as a learner does.
absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkLearner();

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_BENCHMARK_H_
