// What replay does, without saying over which transport: validate, store, wait, draw.
#ifndef EVENKEEL_REPLAY_REPLAY_TABLE_H_
#define EVENKEEL_REPLAY_REPLAY_TABLE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "protos/replay.pb.h"
#include "protos/transition.pb.h"
#include "replay/episode_index.h"
#include "replay/experience_store.h"
#include "replay/ram_tier.h"
#include "replay/selectors/selector.h"

namespace evenkeel {

// Thread-safe. An episode that was handed out is immutable, and lives as long as somebody holds it: no lock
// is held while it is read or copied.
class ReplayTable {
 public:
  // Fills the RAM tier with the newest episodes of `store`, up to `ram_tier_bytes`. DATA_LOSS if one cannot
  // be read.
  static absl::StatusOr<std::unique_ptr<ReplayTable>> Create(std::unique_ptr<ExperienceStore> store,
                                                             std::unique_ptr<const Selector> selector,
                                                             uint64_t ram_tier_bytes);

  ReplayTable(const ReplayTable&) = delete;
  ReplayTable& operator=(const ReplayTable&) = delete;

  // Stores `episode`; blocks until it is in the log. INVALID_ARGUMENT as ValidateEpisode, the rest as
  // ExperienceStore::Append.
  absl::StatusOr<v1::AppendReply> Append(v1::Episode episode);

  // Draws request.episodes() different episodes below request.before_episode(). A function of the request and
  // of which numbers are stored; neither the RAM tier nor a restart changes it. Blocks at most `timeout`.
  //   DEADLINE_EXCEEDED    fewer than request.min_episodes() came; tells how many there are and how many were
  //   asked FAILED_PRECONDITION  enough to begin, but fewer than are to be drawn INVALID_ARGUMENT     nothing
  //   was asked for CANCELLED            Close()
  absl::StatusOr<std::vector<std::shared_ptr<const v1::Episode>>> Sample(const v1::SampleRequest& request,
                                                                         absl::Duration timeout);

  // Blocks at most `timeout` for next_episode >= request.min_next_episode(). DEADLINE_EXCEEDED tells both
  // numbers; CANCELLED: Close().
  absl::StatusOr<v1::ReplayInfo> GetInfo(const v1::InfoRequest& request, absl::Duration timeout);

  // Ends every wait, now and later, with CANCELLED.
  void Close();

 private:
  ReplayTable(std::unique_ptr<ExperienceStore> store, std::unique_ptr<const Selector> selector,
              uint64_t ram_tier_bytes);

  absl::Status FillRamTier();

  // Takes over what the store holds, unless a later append has done so already.
  void Update(const EpisodeIndex& contents) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  struct Drawn {
    uint64_t number;
    std::shared_ptr<const v1::Episode> episode;  // null: it is on disk only
  };
  absl::StatusOr<std::vector<Drawn>> Draw(const v1::SampleRequest& request, absl::Duration timeout);

  // Reads what the draw left on disk. NOT_FOUND: it was evicted since.
  absl::Status ReadMissing(std::vector<Drawn>* drawn) const;

  const std::unique_ptr<ExperienceStore> store_;
  const std::unique_ptr<const Selector> selector_;

  absl::Mutex mutex_;  // never held over a call into store_
  EpisodeIndex index_ ABSL_GUARDED_BY(mutex_);
  RamTier ram_tier_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_REPLAY_TABLE_H_
