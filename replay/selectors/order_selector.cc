#include "replay/selectors/order_selector.h"

namespace evenkeel {

std::vector<Selected> OrderSelector::Select(const ItemTree& items, uint64_t end, uint64_t count, uint64_t) const {
  const uint64_t population = order_ == kNewestFirst ? items.CountBelow(end) : 0;
  std::vector<Selected> selected;
  selected.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    selected.push_back({items.At(order_ == kOldestFirst ? i : population - 1 - i).key, 1.0});
  }
  return selected;
}

}  // namespace evenkeel
