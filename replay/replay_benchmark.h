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
//   replay.group_commit_gain_of_disk   the same of the disk alone: bare writes of 16 KB with an fsync each against those of
//                                1 KB, without a store or threads. No store can gain more.
//   replay.synced_append_us      one of those of the one writer: where an fsync takes about as long as waking 16 threads,
//                                they cannot gain 10 times
//   replay.group_commit_gain_slow_disk   the gain where each fsync takes 1 ms longer
//
// NOT_FOUND if there is no db_bench; tells how to install it. Other errors are the store's.
absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkReplay();

// Whether the memory of this process stays within what replay is configured to, while for `seconds` 100 episodes of
// 240 KB a second come in, and a batch of 12 is sampled for every 10 of them: two tables, one with stretches and
// priorities, and a store of 2000 episodes, full after 20 s. Other threads' memory counts too: run it alone.
//
//   replay.memory_peak_share     largest resident memory, less that before the store was opened, over the bound: the RAM
//                                tier's, the store's (ExperienceStore::MaxMemoryBytes), 1.3 KiB per episode for tables
//   replay.memory_growth         the largest of the last quarter of the time over that of the second: 1 if nothing leaks
//   replay.memory_inserts        how many episodes came in
//
// Blocks so long; from 80 s on the second quarter begins with a full store. Errors are the store's.
absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkReplayMemory(double seconds);

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_REPLAY_BENCHMARK_H_
