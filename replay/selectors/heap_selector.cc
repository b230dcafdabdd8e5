#include "replay/selectors/heap_selector.h"

namespace evenkeel {

std::vector<Selected> HeapSelector::Select(const ItemTree& items, uint64_t end, uint64_t count, uint64_t) const {
  std::vector<Selected> selected;
  selected.reserve(count);
  for (uint64_t key : items.Extremes(end_ == kHighest, count, end)) selected.push_back({key, 1.0});
  return selected;
}

}  // namespace evenkeel
