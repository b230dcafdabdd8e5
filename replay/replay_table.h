// One table: a view of the stored episodes, with who is drawn, who goes, and how fast.
#ifndef EVENKEEL_REPLAY_REPLAY_TABLE_H_
#define EVENKEEL_REPLAY_REPLAY_TABLE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "protos/experiment.pb.h"
#include "protos/replay.pb.h"
#include "replay/rate_limiter.h"
#include "replay/selectors/item_tree.h"
#include "replay/selectors/selector.h"
#include "replay/sequence.h"

namespace evenkeel {

// Holds items: whole episodes, or the stretches of each. Knows numbers and priorities, no experience. What it draws is
// a function of the request and of its content (items and their priorities), however that came to be. Not thread-safe.
class ReplayTable {
 public:
  // INVALID_ARGUMENT names the table and what in `options` is wrong. `restored_episodes` of those that Insert brings
  // were there before: the rate limiter owes and is owed nothing for them.
  static absl::StatusOr<std::unique_ptr<ReplayTable>> Create(const v1::ReplayTable& options,
                                                             uint64_t restored_episodes);

  const std::string& name() const { return options_.name(); }

  // Whether an item has a state of its own that a restart must find again: a priority that matters, draws that are
  // counted, or that it left before its episode did.
  bool keeps_records() const;

  // Whether Insert must be told the episode's true length.
  bool cuts_sequences() const { return options_.sequence_steps() > 0; }

  // The state of the items of an episode that comes in now: each has the highest priority so far, at first 1.
  v1::ItemsRecord NewRecord(uint32_t steps) const;

  // INVALID_ARGUMENT: `record` is not one of an episode of `steps` in this table.
  absl::Status CheckRecord(uint32_t steps, const v1::ItemsRecord& record) const;

  // Enters the items of episode `number` that are not gone. REQUIRES: it is not here; CheckRecord() is OK.
  void Insert(uint64_t number, uint32_t steps, const v1::ItemsRecord& record);

  // What is to be stored of a table's items: the episodes whose state changed.
  using Records = std::vector<std::pair<uint64_t, v1::ItemsRecord>>;

  // Removes episodes until the capacity holds: the remover names an item, and its episode leaves with all its items.
  Records RemoveBeyondCapacity();

  // The episodes below `number` have left the store.
  void EraseBelow(uint64_t number);

  struct Drawn {
    uint64_t key;
    uint64_t number;
    Stretch stretch;  // steps = 0: the whole episode
    double probability;
    double priority;
    uint64_t times_sampled;
  };

  // Draws `count` items of episodes below `before` (0 = no bound) and counts the draws; `changed` gets what is to be
  // stored of that (only if the table counts to a maximum). REQUIRES: count <= ItemsBelow(before).
  std::vector<Drawn> Draw(uint64_t count, uint64_t before, uint64_t seed, Records* changed);

  uint64_t episodes() const { return episodes_.size(); }
  uint64_t ItemsBelow(uint64_t before) const;
  uint64_t EpisodesBelow(uint64_t before) const;

  // Sets the priorities of those items that are here and returns how many; `changed` gets their episodes.
  // INVALID_ARGUMENT tells the first priority that is none; then nothing was set.
  absl::StatusOr<uint64_t> UpdatePriorities(const v1::UpdatePrioritiesRequest& request, Records* changed);

  double highest_priority() const { return highest_priority_; }
  void RestoreHighestPriority(double priority) { highest_priority_ = priority; }

  RateLimiter& limiter() { return limiter_; }
  const RateLimiter& limiter() const { return limiter_; }

  // Memory that it holds, estimated.
  uint64_t bytes() const;

 private:
  struct Item {
    double priority;
    uint64_t times_sampled;
    bool gone;
  };

  struct Entry {
    uint32_t steps;
    uint32_t present;  // items that are not gone; at least 1
    std::vector<Item> items;
  };
  using Entries = std::map<uint64_t, Entry>;

  ReplayTable(const v1::ReplayTable& options, const RateLimiterOptions& limits, uint64_t restored_episodes,
              std::unique_ptr<const Selector> sampler, std::unique_ptr<const Selector> remover);

  std::vector<Stretch> Stretches(uint32_t steps) const;
  double Weight(double priority) const;
  static v1::ItemsRecord Record(const Entry& entry);
  void Remove(Entries::iterator entry, uint64_t index);
  void CountDraw(uint64_t key, Drawn* drawn, Records* changed);

  const v1::ReplayTable options_;
  const std::unique_ptr<const Selector> sampler_;
  const std::unique_ptr<const Selector> remover_;
  RateLimiter limiter_;
  ItemTree tree_;      // those that are not gone
  Entries episodes_;   // by number; those with an item that is not gone
  uint64_t items_ = 0; // in episodes_, gone ones included
  double highest_priority_ = 1;
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_REPLAY_TABLE_H_
