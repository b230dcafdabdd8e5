#include "replay/selectors/item_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "common/rng.h"

namespace evenkeel {
namespace {

constexpr uint64_t kKeys = 300;

// The plain list that the tree must agree with.
using Reference = std::map<uint64_t, ItemTree::Item>;

std::vector<uint64_t> ReferenceExtremes(const Reference& items, bool highest, uint64_t count, uint64_t end) {
  std::vector<ItemTree::Item> below;
  for (const auto& [key, item] : items) {
    if (key < end) below.push_back(item);
  }
  std::stable_sort(below.begin(), below.end(), [highest](const ItemTree::Item& a, const ItemTree::Item& b) {
    return highest ? a.priority > b.priority : a.priority < b.priority;
  });
  std::vector<uint64_t> keys;
  for (uint64_t i = 0; i < std::min<uint64_t>(count, below.size()); ++i) keys.push_back(below[i].key);
  return keys;
}

class ItemTreeTest : public testing::Test {
 protected:
  // Whole numbers, so that sums are exact and priorities tie.
  void SetRandom() {
    const double priority = static_cast<double>(rng_.Below(8));
    const ItemTree::Item item = {rng_.Below(kKeys), priority, priority};
    tree_.Set(item);
    reference_[item.key] = item;
  }

  void EraseRandom() {
    const uint64_t key = rng_.Below(kKeys);
    tree_.Erase(key);
    reference_.erase(key);
  }

  void ExpectSame(uint64_t end) {
    uint64_t count = 0;
    double weight = 0;
    for (const auto& [key, item] : reference_) {
      if (key >= end) break;
      ASSERT_EQ(tree_.At(count++).key, key);
      if (item.weight > 0) {
        ASSERT_EQ(tree_.AtWeight(weight, end).key, key);
        ASSERT_EQ(tree_.AtWeight(weight + item.weight - 0.5, end).key, key);
      }
      weight += item.weight;
    }
    ASSERT_EQ(tree_.CountBelow(end), count);
    ASSERT_EQ(tree_.WeightBelow(end), weight);
    for (bool highest : {false, true}) {
      ASSERT_EQ(tree_.Extremes(highest, std::min<uint64_t>(count, 9), end),
                ReferenceExtremes(reference_, highest, 9, end));
    }
  }

  Rng rng_{3};
  ItemTree tree_;
  Reference reference_;
};

TEST_F(ItemTreeTest, AgreesWithAPlainListWhateverIsSetAndErased) {
  for (int step = 0; step < 3000; ++step) {
    rng_.Below(3) == 0 ? EraseRandom() : SetRandom();
    if (step % 10 == 0) ExpectSame(rng_.Below(kKeys + 10));
    ASSERT_EQ(tree_.size(), reference_.size());
  }
}

TEST_F(ItemTreeTest, SumsAreBitForBitTheSameWhateverTheHistory) {
  std::vector<ItemTree::Item> items;
  for (uint64_t key = 0; key < kKeys; ++key) items.push_back({key, 1, rng_.Uniform()});
  ItemTree in_order;
  for (const ItemTree::Item& item : items) in_order.Set(item);
  ItemTree backwards;
  for (uint64_t key = kKeys; key < 2 * kKeys; ++key) backwards.Set({key, 1, rng_.Uniform()});
  for (uint64_t i = kKeys; i > 0; --i) backwards.Set({i - 1, 9, 9});
  for (uint64_t key = kKeys; key < 2 * kKeys; ++key) backwards.Erase(key);
  for (const ItemTree::Item& item : items) backwards.Set(item);
  for (uint64_t end = 0; end <= kKeys; ++end) ASSERT_EQ(in_order.WeightBelow(end), backwards.WeightBelow(end));
}

TEST_F(ItemTreeTest, AWeightBeyondTheSumGivesAnItemThatWeighsSomething) {
  for (uint64_t key = 0; key < 50; ++key) tree_.Set({key, 0, key == 7 ? 0.1 : 0});
  EXPECT_EQ(tree_.AtWeight(0.1, 50).key, 7u);
  EXPECT_EQ(tree_.AtWeight(5, 50).key, 7u);
  EXPECT_EQ(tree_.AtWeight(0, 50).key, 7u);
}

TEST_F(ItemTreeTest, ErasedNodesAreUsedAgain) {
  for (uint64_t key = 0; key < 100; ++key) tree_.Set({key, 1, 1});
  const uint64_t before = tree_.bytes();
  for (uint64_t key = 100; key < 5000; ++key) {
    tree_.Erase(key - 100);
    tree_.Set({key, 1, 1});
  }
  EXPECT_LE(tree_.bytes(), before + 100 * sizeof(int32_t) * 2);
}

}  // namespace
}  // namespace evenkeel
