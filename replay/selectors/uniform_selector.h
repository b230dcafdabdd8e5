// Uniform, without replacement.
#ifndef EVENKEEL_REPLAY_SELECTORS_UNIFORM_SELECTOR_H_
#define EVENKEEL_REPLAY_SELECTORS_UNIFORM_SELECTOR_H_

#include <cstdint>
#include <vector>

#include "replay/selectors/selector.h"

namespace evenkeel {

// Every ordered choice of `count` different positions is equally likely. O(count), whatever the population.
class UniformSelector : public Selector {
 public:
  std::vector<uint64_t> Select(uint64_t population, uint64_t count, uint64_t seed) const override;
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_SELECTORS_UNIFORM_SELECTOR_H_
