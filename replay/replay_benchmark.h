// How fast replay takes and gives episodes, in this process.
#ifndef EVENKEEL_REPLAY_REPLAY_BENCHMARK_H_
#define EVENKEEL_REPLAY_REPLAY_BENCHMARK_H_

#include <vector>

#include "absl/status/statusor.h"
#include "common/benchmark_result.h"

namespace evenkeel {

// All figures are medians, of single batches or over interleaved rounds; the store lies in the system's folder for
// temporary files, whose disk they measure, and is removed. Blocks for about a minute.
//
//   replay.sample_batch_ms       one batch of 12 episodes of 240 KB out of 300 in the RAM tier: the draw from a uniform
//                                table, and one copy of all columns of each episode into a batch, as its consumer needs
//                                them. Single-threaded, nothing over the network.
//   replay.insert_vs_db_bench    durable inserts per second of ExperienceStore::Append (serialising and checksum
//                                included) over those of Debian's `db_bench` (fillseq): one writer, 240 KB a value, one
//                                value a batch, write-ahead log without fsync, the same write buffer, no compression.
//   replay.group_commit_gain     fsynced appends per second of 16 writers over those of one, episodes of 1 KB: at
//                                240 KB the disk's bandwidth decides, not its fsyncs.
//
// NOT_FOUND if there is no db_bench; tells how to install it. Other errors are the store's.
absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkReplay();

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_REPLAY_BENCHMARK_H_
