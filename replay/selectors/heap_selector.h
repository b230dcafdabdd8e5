// The highest or the lowest priority.
#ifndef EVENKEEL_REPLAY_SELECTORS_HEAP_SELECTOR_H_
#define EVENKEEL_REPLAY_SELECTORS_HEAP_SELECTOR_H_

#include <cstdint>
#include <vector>

#include "replay/selectors/selector.h"

namespace evenkeel {

// The `count` items of the highest (lowest) priority, the most extreme first; of equal ones the oldest first. The seed
// is not used.
class HeapSelector : public Selector {
 public:
  enum End { kHighest, kLowest };

  explicit HeapSelector(End end) : end_(end) {}

  std::vector<Selected> Select(const ItemTree& items, uint64_t end, uint64_t count, uint64_t seed) const override;

 private:
  const End end_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_SELECTORS_HEAP_SELECTOR_H_
