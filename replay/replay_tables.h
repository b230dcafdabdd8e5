// What replay does, without saying over which transport: validate, store, wait, draw.
#ifndef EVENKEEL_REPLAY_REPLAY_TABLES_H_
#define EVENKEEL_REPLAY_REPLAY_TABLES_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "protos/experiment.pb.h"
#include "protos/replay.pb.h"
#include "protos/transition.pb.h"
#include "replay/episode_index.h"
#include "replay/experience_store.h"
#include "replay/ram_tier.h"
#include "replay/replay_table.h"

namespace evenkeel {

using SharedEpisode = std::shared_ptr<const v1::Episode>;

// What was drawn: `item` without its episode, and the episode (or the stretch) beside it, so that nothing is copied.
struct SampledEpisode {
  v1::SampledItem item;
  SharedEpisode episode;
};

// The names of the tables that `replay` asks for; "experience" if it names none.
std::vector<std::string> TableNames(const v1::ReplayOptions& replay);

// The tables over the one store. Thread-safe. An episode that was handed out is immutable, and lives as long as
// somebody holds it: no lock is held while it is read or copied.
class ReplayTables {
 public:
  // Fills the RAM tier with the newest episodes of `store`, up to replay.ram_tier_bytes, and every table with all of
  // them, as its stored state says. REQUIRES: the store was opened with TableNames(replay). INVALID_ARGUMENT: a table's
  // options are wrong. DATA_LOSS: an episode or a state cannot be read.
  static absl::StatusOr<std::unique_ptr<ReplayTables>> Create(std::unique_ptr<ExperienceStore> store,
                                                              const v1::ReplayOptions& replay);

  ReplayTables(const ReplayTables&) = delete;
  ReplayTables& operator=(const ReplayTables&) = delete;

  // Stores `episode` and enters it in every table. Blocks at most `timeout` while a rate limiter holds inserts back
  // (DEADLINE_EXCEEDED tells the table and the limiter's state), then until it is in the log. CANCELLED: Close() while
  // it was held back. INVALID_ARGUMENT as ValidateEpisode, the rest as ExperienceStore::Append.
  absl::StatusOr<v1::AppendReply> Append(SharedEpisode episode, absl::Duration timeout);

  // Draws request.episodes() items of episodes below request.before_episode() as the table's sampler says: different
  // ones, but for PRIORITISED. A function of the request and of the table's content; neither the RAM tier nor a restart
  // changes it. Blocks at most `timeout`.
  //   DEADLINE_EXCEEDED    fewer than request.min_episodes() came, or the rate limiter held it back; tells the numbers
  //   FAILED_PRECONDITION  enough to begin, but fewer than are to be drawn
  //   INVALID_ARGUMENT     nothing was asked for
  //   NOT_FOUND            no such table; lists those there are
  //   CANCELLED            Close()
  absl::StatusOr<std::vector<SampledEpisode>> Sample(const v1::SampleRequest& request, absl::Duration timeout);

  // See replay.proto. Blocks until it is in the log.
  absl::StatusOr<v1::UpdatePrioritiesReply> UpdatePriorities(const v1::UpdatePrioritiesRequest& request);

  // ExperienceStore::Snapshot. INVALID_ARGUMENT: the folder is not absolute.
  absl::StatusOr<v1::SnapshotReply> Snapshot(const v1::SnapshotRequest& request);

  // Blocks at most `timeout` for next_episode >= request.min_next_episode(). DEADLINE_EXCEEDED tells both
  // numbers; CANCELLED: Close().
  absl::StatusOr<v1::ReplayInfo> GetInfo(const v1::InfoRequest& request, absl::Duration timeout);

  // Ends every wait, now and later, with CANCELLED.
  void Close();

 private:
  ReplayTables(std::unique_ptr<ExperienceStore> store, uint64_t ram_tier_bytes);

  absl::Status MakeTables(const v1::ReplayOptions& replay);
  absl::Status FillTable(ReplayTable* table, const EpisodeIndex& stored);
  absl::Status FillRamTier(const EpisodeIndex& stored);

  absl::StatusOr<ReplayTable*> Find(const std::string& name) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Waits until no limiter holds an insert back and reserves one with each, unless `number` is here already. Returns
  // the state of the new items.
  absl::StatusOr<std::vector<TableState>> AdmitInsert(uint64_t number, uint32_t steps, absl::Duration timeout,
                                                      bool* admitted);

  // The first table that holds an insert back, or null.
  const ReplayTable* Blocking() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Appends to the store; on error gives back what AdmitInsert reserved.
  absl::StatusOr<ExperienceStore::AppendOutcome> StoreOrGiveUp(const v1::Episode& episode,
                                                               const std::vector<TableState>& states, bool admitted);

  // Makes episode `number`, which the store has, visible: index, RAM tier, tables. Null: the store had it and evicted
  // it. Then drops what the store has evicted.
  void Enter(uint64_t number, SharedEpisode episode, const std::vector<TableState>& states, uint64_t evicted)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void EvictBelow(uint64_t evicted) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Lets the tables' removers work; returns what is to be stored of that.
  std::vector<TableState> RemoveBeyondCapacities() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Status Store(const std::vector<TableState>& states);

  struct Drawn {
    ReplayTable::Drawn item;
    uint64_t table_items;
    SharedEpisode episode;  // null: it is on disk only
  };
  absl::StatusOr<std::vector<Drawn>> Draw(const v1::SampleRequest& request, absl::Duration timeout);
  absl::StatusOr<std::vector<Drawn>> DrawAndRecord(const v1::SampleRequest& request, absl::Duration timeout);
  absl::Status AwaitDraw(const ReplayTable& table, const v1::SampleRequest& request, absl::Duration timeout)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // Reads what the draw left on disk. NOT_FOUND: it was evicted since.
  absl::Status ReadMissing(std::vector<Drawn>* drawn) const;

  const std::unique_ptr<ExperienceStore> store_;

  // Held from a change of items' states until it is in the log, so that the log has the changes in their order.
  absl::Mutex records_mutex_ ABSL_ACQUIRED_BEFORE(mutex_);

  absl::Mutex mutex_;  // never held over a call into store_
  EpisodeIndex index_ ABSL_GUARDED_BY(mutex_);  // what is in ram_tier_ and tables_; the store may be ahead
  uint64_t evicted_ ABSL_GUARDED_BY(mutex_) = 0;  // the store holds none below, index_ may wait for a few
  RamTier ram_tier_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<ReplayTable>> tables_ ABSL_GUARDED_BY(mutex_);  // the pointers never change
  bool records_draws_ = false;    // some table counts draws to a maximum
  bool has_capacities_ = false;   // some table has a capacity of its own
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_REPLAY_TABLES_H_
