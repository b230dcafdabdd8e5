#include "replay/selectors/uniform_selector.h"

#include <cassert>

#include "absl/container/flat_hash_map.h"
#include "common/rng.h"

namespace evenkeel {

std::vector<Selected> UniformSelector::Select(const ItemTree& items, uint64_t end, uint64_t count,
                                              uint64_t seed) const {
  const uint64_t population = items.CountBelow(end);
  std::vector<Selected> selected;
  selected.reserve(count);
  for (uint64_t position : Positions(population, count, seed)) {
    selected.push_back({items.At(position).key, 1.0 / static_cast<double>(population)});
  }
  return selected;
}

// The first `count` swaps of a Fisher-Yates shuffle of 0 .. population-1, of which only the moved entries are
// kept.
std::vector<uint64_t> UniformSelector::Positions(uint64_t population, uint64_t count, uint64_t seed) {
  assert(count <= population);
  Rng rng(seed);
  absl::flat_hash_map<uint64_t, uint64_t> moved;
  const auto at = [&moved](uint64_t position) {
    const auto found = moved.find(position);
    return found == moved.end() ? position : found->second;
  };
  std::vector<uint64_t> drawn;
  drawn.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t pick = i + rng.Below(population - i);
    drawn.push_back(at(pick));
    moved[pick] = at(i);
  }
  return drawn;
}

}  // namespace evenkeel
