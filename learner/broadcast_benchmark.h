// How long a new policy takes to every subscriber.
#ifndef EVENKEEL_LEARNER_BROADCAST_BENCHMARK_H_
#define EVENKEEL_LEARNER_BROADCAST_BENCHMARK_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/benchmark_result.h"

namespace evenkeel {

// The argument with which the benchmark starts its own binary again, as COUNT subscribers:
//   BINARY bench-subscribers ADDRESS COUNT REPORTS
// Whoever links the benchmark routes it to RunBroadcastBenchmarkSubscribers.
inline constexpr char kBroadcastBenchmarkSubscribers[] = "bench-subscribers";

// Seconds from the publication of a policy of `bytes` random weights until `processes` processes of
// `subscribers` PolicySubscriptions each hold it, whole and checked. Median over 3 versions. Blocks; leaves
// no child behind.
absl::StatusOr<double> MeasureBroadcast(int processes, int subscribers, size_t bytes);

// broadcast.s.n256: 256 subscribers in 4 processes, 10 MB.
absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkBroadcast();

// One process of subscribers. Writes one byte to the file descriptor `reports` for each version that all of
// them hold, and returns its exit code when the learner ends.
int RunBroadcastBenchmarkSubscribers(const std::string& address, int count, int reports);

}  // namespace evenkeel

#endif  // EVENKEEL_LEARNER_BROADCAST_BENCHMARK_H_
