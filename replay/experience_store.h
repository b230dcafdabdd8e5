// The durable tier: one RocksDB database per run.
//
// Format "evenkeel-replay/1", kept by golden tests:
//
//   key                           value
//   "e" + number, u64 big endian  episode_record.h: checksum and serialized v1.Episode
//   "m:evicted"                   u64 big endian: the numbers [0, evicted) were appended and have been
//   evicted "m:format"                    "evenkeel-replay/1" "m:run"                       the id of the run
//   that the episodes belong to
#ifndef EVENKEEL_REPLAY_EXPERIENCE_STORE_H_
#define EVENKEEL_REPLAY_EXPERIENCE_STORE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "protos/transition.pb.h"
#include "replay/episode_index.h"

namespace rocksdb {
class DB;
class Env;
}  // namespace rocksdb

namespace evenkeel {

struct ExperienceStoreOptions {
  // ---- behaviour ----
  std::string path;                   // the folder; made if it does not exist
  std::string run_id;                 // a store of another run is refused
  uint64_t capacity_episodes = 3000;  // FIFO bound, at least 1

  // false: an acknowledged append is in the write-ahead log and survives the death of the process.
  // true: it is fsynced as well, and survives the loss of power.
  bool sync = false;

  // ---- performance ----
  uint64_t write_buffer_bytes = 32 << 20;  // kept in memory before a table is written; RocksDB may hold two

  // The system's if null; tests pass one that fails. Not owned; outlives the store.
  rocksdb::Env* env = nullptr;
};

// Thread-safe. Appends go one at a time; reads do not wait for them.
class ExperienceStore {
 public:
  // Opens or makes the store and reads all of it once, so that damage shows now. After a crash it holds every
  // episode that was acknowledged, and perhaps the one that was being appended. Each error names the path and
  // the cause:
  //   DATA_LOSS            a file or an episode is damaged
  //   FAILED_PRECONDITION  it is not a replay store, is of another run or of a newer format, or is open
  //   elsewhere INVALID_ARGUMENT     the options are wrong RESOURCE_EXHAUSTED   the disk is full
  static absl::StatusOr<std::unique_ptr<ExperienceStore>> Open(const ExperienceStoreOptions& options);

  ExperienceStore(const ExperienceStore&) = delete;
  ExperienceStore& operator=(const ExperienceStore&) = delete;

  ~ExperienceStore();

  struct AppendOutcome {
    bool was_present;       // this number was appended before: nothing changed
    EpisodeIndex contents;  // after the append
  };

  // Stores `episode`, evicts the oldest beyond the capacity, and notes both in one atomic write. Blocks until
  // it is in the log.
  //   OUT_OF_RANGE        its number is `capacity_episodes` or more beyond the first missing one, so it could
  //   not be
  //                       kept until that came
  //   RESOURCE_EXHAUSTED  the disk is full. The episode is not stored, what was stored stays readable, and a
  //   later
  //                       Append goes on once there is space, by closing the database and recovering it as
  //                       after a crash
  absl::StatusOr<AppendOutcome> Append(const v1::Episode& episode);

  // NOT_FOUND: it is not stored now. DATA_LOSS: its bytes are damaged. UNAVAILABLE: the database could not be
  // recovered after a failed write.
  absl::StatusOr<v1::Episode> Read(uint64_t number) const;

  EpisodeIndex contents() const;

  // Live bytes on disk, as RocksDB estimates them: tables, and what is still only in the log.
  uint64_t disk_bytes() const;

 private:
  explicit ExperienceStore(const ExperienceStoreOptions& options);

  // (Re)opens the database and reads contents_ from it. Reads wait meanwhile.
  absl::Status Recover() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Recover(), unless the disk still has too little room for it.
  absl::Status RecoverIfThereIsSpace() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // One atomic write of `episode` (the value of `number`) and of what it evicts. On error recovery_needed_ is
  // set.
  absl::Status Write(uint64_t number, const std::string& episode) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const ExperienceStoreOptions options_;

  // Held over the write of the log, so that contents_ is what the log says.
  mutable absl::Mutex mutex_ ABSL_ACQUIRED_BEFORE(db_mutex_);
  EpisodeIndex contents_ ABSL_GUARDED_BY(mutex_);
  bool recovery_needed_ ABSL_GUARDED_BY(mutex_) = true;  // a write failed: RocksDB takes no other

  // Shared by all use of the database, exclusive to replace it.
  mutable absl::Mutex db_mutex_;
  std::unique_ptr<rocksdb::DB> db_ ABSL_GUARDED_BY(db_mutex_);  // null between a failed recovery and the next
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_EXPERIENCE_STORE_H_
