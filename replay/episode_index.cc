#include "replay/episode_index.h"

#include <cassert>
#include <iterator>

namespace evenkeel {

bool EpisodeIndex::Contains(uint64_t number) const {
  return (number >= evicted_ && number < next_) || ahead_.count(number) != 0;
}

void EpisodeIndex::Insert(uint64_t number) {
  assert(!WasAppended(number));
  ahead_.insert(number);
  while (!ahead_.empty() && *ahead_.begin() == next_) {
    ahead_.erase(ahead_.begin());
    ++next_;
  }
}

uint64_t EpisodeIndex::CountBelow(uint64_t bound) const {
  if (bound == 0) return size();
  if (bound <= evicted_) return 0;
  if (bound <= next_) return bound - evicted_;
  return next_ - evicted_ + std::distance(ahead_.begin(), ahead_.lower_bound(bound));
}

uint64_t EpisodeIndex::At(uint64_t position) const {
  assert(position < size());
  const uint64_t without_gap = next_ - evicted_;
  if (position < without_gap) return evicted_ + position;
  return *std::next(ahead_.begin(), position - without_gap);
}

}  // namespace evenkeel
