// Who is drawn: the family of selectors. One subclass per way, each in its own file of this folder.
#ifndef EVENKEEL_REPLAY_SELECTORS_SELECTOR_H_
#define EVENKEEL_REPLAY_SELECTORS_SELECTOR_H_

#include <cstdint>
#include <vector>

namespace evenkeel {

// Thread-safe: it keeps no state between draws.
class Selector {
 public:
  virtual ~Selector() = default;

  // `count` positions below `population`, where position 0 is the oldest. A function of its arguments alone,
  // so that a draw can be repeated. REQUIRES: count <= population.
  virtual std::vector<uint64_t> Select(uint64_t population, uint64_t count, uint64_t seed) const = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_SELECTORS_SELECTOR_H_
