// How long one agent takes for a step: from what it saw to the level of each server. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_INFERENCE_INFERENCE_BENCHMARK_H_
#define EVENKEEL_ALGORITHMS_INFERENCE_INFERENCE_BENCHMARK_H_

#include <vector>

#include "absl/status/statusor.h"
#include "common/benchmark_result.h"

namespace evenkeel {

// inference.p50_us.hH and inference.p99_us.hH for the recurrent PAPER network H = 128 and 512 wide, before 24 servers with 6 levels,
// one world: raw observation to network input, the step, the greedy level of each server. Elapsed time of each of 20,000
// (h512: 4,000) steps. Takes about 2 s.
absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkInference();

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_INFERENCE_INFERENCE_BENCHMARK_H_
