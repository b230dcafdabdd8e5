// Which episode numbers a store holds, in a few words of memory.
#ifndef EVENKEEL_REPLAY_EPISODE_INDEX_H_
#define EVENKEEL_REPLAY_EPISODE_INDEX_H_

#include <cstdint>
#include <set>

namespace evenkeel {

// The numbers from 0: evicted [0, evicted), then stored without a gap [evicted, next), then a few stored
// ahead of a gap that is not filled yet (the episodes of one round arrive in any order). Only the oldest is
// ever evicted, and only below the first gap, so these three say everything. Copyable, cheap. Not
// thread-safe.
class EpisodeIndex {
 public:
  // Nothing stored; [0, evicted) came and went.
  explicit EpisodeIndex(uint64_t evicted = 0) : evicted_(evicted), next_(evicted) {}

  // Whether `number` is stored now.
  bool Contains(uint64_t number) const;

  // Whether `number` is stored, or was and has been evicted.
  bool WasAppended(uint64_t number) const { return number < evicted_ || Contains(number); }

  // REQUIRES: !WasAppended(number).
  void Insert(uint64_t number);

  // Whether the oldest may go: something is stored below the first gap.
  bool CanEvict() const { return evicted_ < next_; }

  // Removes the oldest and returns its number. REQUIRES: CanEvict().
  uint64_t EvictOldest() { return evicted_++; }

  // How many are stored.
  uint64_t size() const { return next_ - evicted_ + ahead_.size(); }

  // How many stored numbers are below `bound`; 0 = no bound.
  uint64_t CountBelow(uint64_t bound) const;

  // The stored number with `position` stored numbers below it. REQUIRES: position < size().
  uint64_t At(uint64_t position) const;

  // Smallest number stored; next() if none is.
  uint64_t oldest() const { return CanEvict() || ahead_.empty() ? evicted_ : *ahead_.begin(); }

  // Smallest number never appended.
  uint64_t next() const { return next_; }

  uint64_t evicted() const { return evicted_; }

  // How many were ever appended; grows with each.
  uint64_t appended() const { return next_ + ahead_.size(); }

 private:
  uint64_t evicted_;
  uint64_t next_;
  std::set<uint64_t> ahead_;  // all > next_
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_EPISODE_INDEX_H_
