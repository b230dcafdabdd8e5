// What every selector promises, and what each draws.
#include "replay/selectors/make_selector.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace evenkeel {
namespace {

constexpr uint64_t kAll = std::numeric_limits<uint64_t>::max();

// Keys 10, 20, ..., 100 with the priorities 3, 6, 9, 2, 5, 8, 1, 4, 7, 0.
ItemTree Example() {
  ItemTree items;
  for (uint64_t i = 1; i <= 10; ++i) {
    const double priority = static_cast<double>(3 * i % 10);
    items.Set({10 * i, priority, priority});
  }
  return items;
}

std::vector<uint64_t> Keys(v1::ReplayTable::Selector kind, uint64_t end, uint64_t count, uint64_t seed = 1) {
  std::vector<uint64_t> keys;
  for (const Selected& one : MakeSelector(kind)->Select(Example(), end, count, seed)) keys.push_back(one.key);
  return keys;
}

using Numbers = std::vector<uint64_t>;

TEST(SelectorTest, FifoGivesTheOldestFirst) { EXPECT_EQ(Keys(v1::ReplayTable::FIFO, kAll, 3), (Numbers{10, 20, 30})); }

TEST(SelectorTest, LifoGivesTheNewestBelowTheBoundFirst) {
  EXPECT_EQ(Keys(v1::ReplayTable::LIFO, 75, 3), (Numbers{70, 60, 50}));
}

TEST(SelectorTest, MaxHeapGivesTheHighestBelowTheBoundFirst) {
  EXPECT_EQ(Keys(v1::ReplayTable::MAX_HEAP, 60, 3), (Numbers{30, 20, 50}));
}

TEST(SelectorTest, MinHeapGivesTheLowestBelowTheBoundFirst) {
  EXPECT_EQ(Keys(v1::ReplayTable::MIN_HEAP, 90, 3), (Numbers{70, 40, 10}));
}

TEST(SelectorTest, AnUnknownKindGivesNone) {
  EXPECT_EQ(MakeSelector(static_cast<v1::ReplayTable::Selector>(99)), nullptr);
}

class EverySelectorTest : public testing::TestWithParam<v1::ReplayTable::Selector> {};

TEST_P(EverySelectorTest, DrawsTheRightNumberAndOnlyBelowTheBound) {
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const Numbers keys = Keys(GetParam(), 60, 5, seed);
    ASSERT_EQ(keys.size(), 5u);
    for (uint64_t key : keys) ASSERT_LT(key, 60u);
  }
}

TEST_P(EverySelectorTest, TheSameSeedGivesTheSameDraw) {
  EXPECT_EQ(Keys(GetParam(), kAll, 6, 8), Keys(GetParam(), kAll, 6, 8));
}

INSTANTIATE_TEST_SUITE_P(All, EverySelectorTest,
                         testing::Values(v1::ReplayTable::UNIFORM, v1::ReplayTable::PRIORITISED,
                                         v1::ReplayTable::FIFO, v1::ReplayTable::LIFO, v1::ReplayTable::MAX_HEAP,
                                         v1::ReplayTable::MIN_HEAP),
                         [](const auto& info) { return v1::ReplayTable::Selector_Name(info.param); });

// 20,000 draws of 4: a right selector leaves a band of 5 standard deviations (of draws with replacement; stratified
// ones vary less) with probability below 1e-5 over the choice of seeds, for the 10 items together.
TEST(PrioritisedSelectorTest, AnItemIsDrawnAsOftenAsItsShareOfTheWeightSays) {
  const ItemTree items = Example();
  const auto selector = MakeSelector(v1::ReplayTable::PRIORITISED);
  std::map<uint64_t, double> counts;
  std::map<uint64_t, double> told;
  constexpr int kDraws = 20000;
  for (uint64_t seed = 0; seed < kDraws; ++seed) {
    for (const Selected& one : selector->Select(items, kAll, 4, seed)) {
      ++counts[one.key];
      told[one.key] = one.probability;
    }
  }
  for (uint64_t i = 0; i < 10; ++i) {
    const ItemTree::Item& item = items.At(i);
    const double share = item.weight / 45;
    EXPECT_NEAR(counts[item.key], 4 * kDraws * share, 5 * std::sqrt(4 * kDraws * share)) << item.key;
    EXPECT_DOUBLE_EQ(told[item.key], share);  // 0 if it was never drawn
  }
}

TEST(PrioritisedSelectorTest, WhereNothingWeighsAnythingItDrawsUniformly) {
  ItemTree items;
  for (uint64_t key = 0; key < 5; ++key) items.Set({key, 0, 0});
  const auto drawn = MakeSelector(v1::ReplayTable::PRIORITISED)->Select(items, kAll, 5, 1);
  const auto uniform = MakeSelector(v1::ReplayTable::UNIFORM)->Select(items, kAll, 5, 1);
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(drawn[i].key, uniform[i].key);
    EXPECT_EQ(drawn[i].probability, 0.2);
  }
}

}  // namespace
}  // namespace evenkeel
