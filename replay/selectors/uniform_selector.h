// Uniform, without replacement.
#ifndef EVENKEEL_REPLAY_SELECTORS_UNIFORM_SELECTOR_H_
#define EVENKEEL_REPLAY_SELECTORS_UNIFORM_SELECTOR_H_

#include <cstdint>
#include <vector>

#include "replay/selectors/selector.h"

namespace evenkeel {

// Every ordered choice of `count` different items is equally likely. Which positions are drawn depends on the seed and
// on how many items there are below `end` alone.
class UniformSelector : public Selector {
 public:
  std::vector<Selected> Select(const ItemTree& items, uint64_t end, uint64_t count, uint64_t seed) const override;

  // The positions, 0 is the oldest. O(count), whatever the population. REQUIRES: count <= population.
  static std::vector<uint64_t> Positions(uint64_t population, uint64_t count, uint64_t seed);
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_SELECTORS_UNIFORM_SELECTOR_H_
