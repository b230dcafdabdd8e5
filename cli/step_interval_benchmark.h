// Does the wall clock keep its beat? A real coordinator and six real actor processes.
#ifndef EVENKEEL_CLI_STEP_INTERVAL_BENCHMARK_H_
#define EVENKEEL_CLI_STEP_INTERVAL_BENCHMARK_H_

#include <vector>

#include "absl/status/statusor.h"
#include "common/benchmark_result.h"

namespace evenkeel {

// barrier.step_interval_p50_s.n6 and barrier.step_interval_p99_s.n6: from one step's requests to the next
// one's, asked every 0.25 s for `seconds`, of `sed` on six load balancers. This binary is started again as
// `serve actor`. Blocks; leaves neither a child nor a file behind.
absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkStepInterval(double seconds);

}  // namespace evenkeel

#endif  // EVENKEEL_CLI_STEP_INTERVAL_BENCHMARK_H_
