// The newest episodes, in memory.
#ifndef EVENKEEL_REPLAY_RAM_TIER_H_
#define EVENKEEL_REPLAY_RAM_TIER_H_

#include <cstdint>
#include <map>
#include <memory>

#include "protos/transition.pb.h"

namespace evenkeel {

// Never holds more than `max_bytes`; when full the smallest numbers leave first. What leaves here is still on
// disk, and lives on while a reader holds it. Not thread-safe.
class RamTier {
 public:
  explicit RamTier(uint64_t max_bytes) : max_bytes_(max_bytes) {}

  // Keeps `episode`, unless only newer ones fit. Returns whether it was kept.
  bool Insert(std::shared_ptr<const v1::Episode> episode);

  // Null if it is not here.
  std::shared_ptr<const v1::Episode> Find(uint64_t number) const;

  // Drops every number below `number`.
  void EraseBelow(uint64_t number);

  // Memory that the episodes take.
  uint64_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::shared_ptr<const v1::Episode> episode;
    uint64_t bytes;
  };

  void EraseOldest();

  const uint64_t max_bytes_;
  uint64_t bytes_ = 0;
  std::map<uint64_t, Entry> entries_;  // by number
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_RAM_TIER_H_
