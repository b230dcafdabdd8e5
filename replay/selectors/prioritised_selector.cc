#include "replay/selectors/prioritised_selector.h"

#include "common/rng.h"
#include "replay/selectors/uniform_selector.h"

namespace evenkeel {

std::vector<Selected> PrioritisedSelector::Select(const ItemTree& items, uint64_t end, uint64_t count,
                                                  uint64_t seed) const {
  const double total = items.WeightBelow(end);
  if (!(total > 0)) return UniformSelector().Select(items, end, count, seed);
  Rng rng(seed);
  const double stretch = total / static_cast<double>(count);
  std::vector<Selected> selected;
  selected.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    const ItemTree::Item& item = items.AtWeight((static_cast<double>(i) + rng.Uniform()) * stretch, end);
    selected.push_back({item.key, item.weight / total});
  }
  return selected;
}

}  // namespace evenkeel
