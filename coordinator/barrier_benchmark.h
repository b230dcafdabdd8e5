// How long a joint step takes when nobody thinks: six agent processes over loopback gRPC.
#ifndef EVENKEEL_COORDINATOR_BARRIER_BENCHMARK_H_
#define EVENKEEL_COORDINATOR_BARRIER_BENCHMARK_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/benchmark_result.h"

namespace evenkeel {

// The argument with which the benchmark starts its own binary again, as an agent:
//   BINARY bench-barrier-agent ADDRESS INDEX
// Whoever links the benchmark routes it to RunBarrierBenchmarkAgent.
inline constexpr char kBarrierBenchmarkAgent[] = "bench-barrier-agent";

// barrier.p50_ms.n6 and barrier.p99_ms.n6: from before the first StepRequest (1 KB) is sent until the last
// StepReply (1 KB) has been taken, over the service, gateway and barrier of a real run. Medians over 3
// repetitions of 2,000 steps. Blocks for a few seconds; leaves no child behind. Errors name the child
// process.
absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkBarrier();

// One agent: answers until Goodbye. Returns the exit code of its process.
int RunBarrierBenchmarkAgent(const std::string& address, int index);

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_BARRIER_BENCHMARK_H_
