// How long a joint step takes when nobody thinks: agent processes over loopback gRPC.
#ifndef EVENKEEL_COORDINATOR_BARRIER_BENCHMARK_H_
#define EVENKEEL_COORDINATOR_BARRIER_BENCHMARK_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/benchmark_result.h"

namespace evenkeel {

// The argument with which the benchmark starts its own binary again, as the agents of `STREAMS` streams of
// `SEATS` agents each, the first of which is FIRST:
//   BINARY bench-barrier-agent ADDRESS FIRST SEATS STREAMS
// Whoever links the benchmark routes it to RunBarrierBenchmarkAgents.
inline constexpr char kBarrierBenchmarkAgent[] = "bench-barrier-agent";

// How agents are spread.
struct BarrierBenchmarkSize {
  int processes;  // each with `streams_per_process` streams of `seats_per_stream` agents
  int streams_per_process;
  int seats_per_stream;
  int steps;  // of one repetition; warm-up is a quarter of them

  int agents() const { return processes * streams_per_process * seats_per_stream; }
};

// p50 and p99 of a joint step, in ms: from before the first StepRequest (1 KB an agent) is sent until the
// last StepReply (1 KB an agent) has been taken, over the service, gateway and barrier of a real run. Medians
// over 3 repetitions. Blocks; leaves no child behind. Errors name the child process.
struct BarrierTimes {
  double p50_ms;
  double p99_ms;
};
absl::StatusOr<BarrierTimes> MeasureBarrier(const BarrierBenchmarkSize& size);

// barrier.p50_ms.n6 and barrier.p99_ms.n6 with 6 processes of one agent each; barrier.p50_ms.n64, .n256 and
// .n1024 over 8 streams of 4 processes. Takes some 10 s.
absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkBarrier();

// The agents of one process: they answer until Goodbye. Returns its exit code.
int RunBarrierBenchmarkAgents(const std::string& address, int first, int seats, int streams);

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_BARRIER_BENCHMARK_H_
