#include "replay/ram_tier.h"

#include <utility>

namespace evenkeel {

bool RamTier::Insert(std::shared_ptr<const v1::Episode> episode) {
  const uint64_t number = episode->number();
  const uint64_t bytes = episode->SpaceUsedLong();
  if (!entries_.emplace(number, Entry{std::move(episode), bytes}).second) return true;
  bytes_ += bytes;
  while (bytes_ > max_bytes_) EraseOldest();
  return entries_.count(number) != 0;
}

std::shared_ptr<const v1::Episode> RamTier::Find(uint64_t number) const {
  const auto found = entries_.find(number);
  return found == entries_.end() ? nullptr : found->second.episode;
}

void RamTier::EraseBelow(uint64_t number) {
  while (!entries_.empty() && entries_.begin()->first < number) EraseOldest();
}

void RamTier::EraseOldest() {
  bytes_ -= entries_.begin()->second.bytes;
  entries_.erase(entries_.begin());
}

}  // namespace evenkeel
