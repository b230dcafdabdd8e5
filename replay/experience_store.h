// The durable tier: one RocksDB database per run.
//
// Format "evenkeel-replay/1", kept by golden tests:
//
//   key                                   value
//   "e" + number, u64 big endian          episode_record.h: checksum and serialized v1.Episode
//   "m:evicted"                           u64 big endian: the numbers [0, evicted) were appended and have been evicted
//   "m:format"                            "evenkeel-replay/1"
//   "m:run"                               the id of the run that the episodes belong to
//   "m:priority:" + table                 the bits of a double, big endian: the highest priority the table ever saw
//   "t" + number, u64 big endian + table  serialized v1.ItemsRecord: its items of that episode, where they have a
//                                         state of their own
#ifndef EVENKEEL_REPLAY_EXPERIENCE_STORE_H_
#define EVENKEEL_REPLAY_EXPERIENCE_STORE_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "protos/replay.pb.h"
#include "protos/transition.pb.h"
#include "replay/episode_index.h"

namespace rocksdb {
class DB;
class Env;
class WriteBatch;
}  // namespace rocksdb

namespace evenkeel {

struct StoreContents;

struct ExperienceStoreOptions {
  // ---- behaviour ----
  std::string path;                   // the folder; made if it does not exist
  std::string run_id;                 // a store of another run is refused
  uint64_t capacity_episodes = 3000;  // FIFO bound, at least 1
  uint64_t capacity_bytes = 0;        // of the stored episodes together, beyond which the oldest go; 0 = no bound
  std::vector<std::string> tables;    // whose state of an episode's items goes with the episode

  // false: an acknowledged append is in the write-ahead log and survives the death of the process.
  // true: it is fsynced as well, and survives the loss of power.
  bool sync = false;

  // ---- performance ----
  uint64_t write_buffer_bytes = 32 << 20;  // kept in memory before a table is written; RocksDB may hold two

  // The system's if null; tests pass one that fails. Not owned; outlives the store.
  rocksdb::Env* env = nullptr;
};

// What a table of the run keeps in the store.
struct TableState {
  std::string table;
  double highest_priority = 0;                             // ever seen; 0 = not known, or not to be written
  std::vector<std::pair<uint64_t, v1::ItemsRecord>> items;  // by episode
};

// Thread-safe. Writers share commits: while one group is being written (and with `sync` fsynced) the next one gathers,
// and goes to disk as one write. A group ends at a quarter of a write buffer; the queue is as long as there are blocked
// callers. Reads do not wait for writes.
class ExperienceStore {
 public:
  // Opens or makes the store and reads all of it, so that damage shows now. After a crash it holds every
  // episode that was acknowledged, and perhaps some of those that were being appended. Each error names the path and
  // the cause:
  //   DATA_LOSS            a file or an episode is damaged
  //   FAILED_PRECONDITION  it is not a replay store, is of another run or of a newer format, or is open elsewhere
  //   INVALID_ARGUMENT     the options are wrong
  //   RESOURCE_EXHAUSTED   the disk is full
  static absl::StatusOr<std::unique_ptr<ExperienceStore>> Open(const ExperienceStoreOptions& options);

  ExperienceStore(const ExperienceStore&) = delete;
  ExperienceStore& operator=(const ExperienceStore&) = delete;

  ~ExperienceStore();

  struct AppendOutcome {
    bool was_present;       // this number was appended before: nothing changed
    EpisodeIndex contents;  // after the append
  };

  // Stores `episode` and `states` (of its items), evicts the oldest beyond the capacities (never the last one), and
  // notes all in one atomic write. Blocks until it is in the log.
  //   OUT_OF_RANGE        its number is `capacity_episodes` or more beyond the first missing one, so it could not be
  //                       kept until that came
  //   RESOURCE_EXHAUSTED  the disk is full. The episode is not stored, what was stored stays readable, and a later
  //                       Append goes on once there is space, by closing the database and recovering it as after a
  //                       crash
  absl::StatusOr<AppendOutcome> Append(const v1::Episode& episode, const std::vector<TableState>& states = {});

  // Replaces the state of those items whose episodes are stored, in one atomic write. Blocks and fails as Append.
  absl::Status WriteTable(const TableState& state);

  // What was written of `table`. DATA_LOSS: a record is damaged. UNAVAILABLE as Read.
  absl::StatusOr<TableState> ReadTable(const std::string& table) const;

  // NOT_FOUND: it is not stored now. DATA_LOSS: its bytes are damaged. UNAVAILABLE: the database could not be
  // recovered after a failed write.
  absl::StatusOr<v1::Episode> Read(uint64_t number) const;

  // Makes `folder` a store of its own with all that is acknowledged now: table files are hard links, or copies where
  // the file system has none. Blocks until it is durable; writes go on. ALREADY_EXISTS: `folder` exists. NOT_FOUND: its
  // parent does not. RESOURCE_EXHAUSTED: the disk is full. UNAVAILABLE as Read.
  absl::Status Snapshot(const std::string& folder) const;

  EpisodeIndex contents() const;

  // Live bytes on disk, as RocksDB estimates them: tables, and what is still only in the log.
  uint64_t disk_bytes() const;

  // Memory, as RocksDB reports it: write buffers, block cache, and the indexes of open table files.
  uint64_t memory_bytes() const;

  // memory_bytes() is never above this, as long as one episode is smaller than a group's bound.
  static uint64_t MaxMemoryBytes(const ExperienceStoreOptions& options);

 private:
  // One blocked caller, and its part of a commit.
  struct Pending {
    uint64_t number = 0;
    const std::string* value = nullptr;  // the encoded episode; null: states only
    const TableState* states = nullptr;
    size_t state_count = 0;
    bool done = false;          // written before turn is notified
    absl::Notification turn;    // done, or the next leader: each caller is woken alone, and not for the others' mutex
    absl::Status status;
    bool was_present = false;
    EpisodeIndex contents;

    uint64_t bytes() const { return value == nullptr ? 0 : value->size(); }
  };

  // What a group changes once it is written.
  struct Change;

  explicit ExperienceStore(const ExperienceStoreOptions& options);

  // Blocks until `pending` is done, by this thread as the leader of a group or by another one.
  void Commit(Pending* pending) ABSL_LOCKS_EXCLUDED(mutex_);

  // A few buffers for encoded episodes are used again.
  std::string TakeBuffer() ABSL_LOCKS_EXCLUDED(mutex_);
  void GiveBuffer(std::string buffer) ABSL_LOCKS_EXCLUDED(mutex_);

  // The first of the queue, up to the bound of a group. Waits shortly for those that took part in the last group.
  std::vector<Pending*> Gather() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Writes the group and marks each of it done. Lets go of mutex_ meanwhile; leading_ keeps other leaders away.
  void Lead(const std::vector<Pending*>& group) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status TryLead(const std::vector<Pending*>& group) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Adds one caller's part to `batch`; on error nothing of it.
  absl::Status Add(Pending* pending, Change* change, rocksdb::WriteBatch* batch)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void AddStates(const Pending& pending, const EpisodeIndex& index, rocksdb::WriteBatch* batch) const;
  void Evict(Change* change, rocksdb::WriteBatch* batch) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // (Re)opens the database and reads contents_ from it. Reads wait meanwhile.
  absl::Status Recover() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Recover(), unless the disk still has too little room for it.
  absl::Status RecoverIfThereIsSpace() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Status Unavailable(const std::string& what) const;

  const ExperienceStoreOptions options_;

  // Not held over a write of the log: leading_ says that one is under way, and contents_ changes when it is done.
  mutable absl::Mutex mutex_ ABSL_ACQUIRED_BEFORE(db_mutex_);
  std::deque<Pending*> queue_ ABSL_GUARDED_BY(mutex_);
  bool leading_ ABSL_GUARDED_BY(mutex_) = false;
  size_t last_group_ ABSL_GUARDED_BY(mutex_) = 0;  // callers in it
  std::unique_ptr<rocksdb::WriteBatch> batch_;     // of the leader; its memory is used again
  std::vector<std::string> buffers_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<StoreContents> contents_ ABSL_GUARDED_BY(mutex_);
  bool recovery_needed_ ABSL_GUARDED_BY(mutex_) = true;  // a write failed: RocksDB takes no other

  // Shared by all use of the database, exclusive to replace it.
  mutable absl::Mutex db_mutex_;
  std::unique_ptr<rocksdb::DB> db_ ABSL_GUARDED_BY(db_mutex_);  // null between a failed recovery and the next
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_EXPERIENCE_STORE_H_
