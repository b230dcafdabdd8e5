// The oldest or the newest.
#ifndef EVENKEEL_REPLAY_SELECTORS_ORDER_SELECTOR_H_
#define EVENKEEL_REPLAY_SELECTORS_ORDER_SELECTOR_H_

#include <cstdint>
#include <vector>

#include "replay/selectors/selector.h"

namespace evenkeel {

// FIFO: the `count` oldest items, oldest first. LIFO: the newest, newest first. Age goes by the episode's number, not
// by when it arrived, so that the order in which a round's episodes come in changes nothing. The seed is not used.
class OrderSelector : public Selector {
 public:
  enum Order { kOldestFirst, kNewestFirst };

  explicit OrderSelector(Order order) : order_(order) {}

  std::vector<Selected> Select(const ItemTree& items, uint64_t end, uint64_t count, uint64_t seed) const override;

 private:
  const Order order_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_SELECTORS_ORDER_SELECTOR_H_
