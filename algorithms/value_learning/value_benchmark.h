// How long one update of the learner takes, how much faster it is than the plain way to write it, and how near to what the
// machine could do. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_BENCHMARK_H_
#define EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_BENCHMARK_H_

#include <vector>

#include "absl/status/statusor.h"
#include "common/benchmark_result.h"

namespace evenkeel {

// qmix at the paper's two scales, 6 levels, batches of 12 episodes: moderate (2 LBs, 7 servers, 240 steps, 128 wide) and large
// (6 LBs, 24 servers, 120 steps, 512 wide). Everything is measured in turns with the same LibTorch and BLAS; medians of
// 9 (large: 3) updates each after 2 (large: 1) that are not counted.
//   learner.update_ms.SCALE       one update on one core: CPU time of the one thread, which is the elapsed time on a quiet
//                                 machine, and hardly changes on a busy one
//   learner.reference_ms.SCALE    the same of ReferenceLearner
//   learner.speedup.SCALE         their ratio
//   learner.gemm_share.SCALE      operations of the update's matrix products (ProductsOfUpdate, nets/product_rate.h) per second
//                                 of the update, over those per second of the machine's BLAS at the shapes that dominate
//   learner.cores_gain            moderate, elapsed time of an update with one worker over that with two
//   learner.cached_targets_gain.moderate  training.cache_targets: CPU time of 12 updates without over that with, on batches drawn
//                                 from 24 episodes within one life of the target network: each is drawn 6 times
//   learner.bf16_gain.SCALE       training.matrix_precision: CPU time of an update in FLOAT32 over that in BFLOAT16. Below 1 where
//                                 the CPU multiplies no bfloat16 (CpuMultipliesBfloat16, nets/matrix_precision.h)
// Takes a minute on a quiet machine. Call UseOneTorchThread and KeepFreedMemory (torch_process.h) first, as a learner does.
absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkLearner();

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_BENCHMARK_H_
