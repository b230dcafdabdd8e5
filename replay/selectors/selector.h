// Who is drawn, and who goes: the family of selectors. One subclass per way, each in its own file of this folder.
#ifndef EVENKEEL_REPLAY_SELECTORS_SELECTOR_H_
#define EVENKEEL_REPLAY_SELECTORS_SELECTOR_H_

#include <cstdint>
#include <vector>

#include "replay/selectors/item_tree.h"

namespace evenkeel {

struct Selected {
  uint64_t key;
  double probability;  // of this item in each single draw; 1 where nothing is random
};

// Thread-safe: it keeps no state between draws.
class Selector {
 public:
  virtual ~Selector() = default;

  // `count` items among the keys of `items` below `end`. A function of its arguments alone, so that a draw can be
  // repeated. REQUIRES: count <= items.CountBelow(end).
  virtual std::vector<Selected> Select(const ItemTree& items, uint64_t end, uint64_t count, uint64_t seed) const = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_SELECTORS_SELECTOR_H_
