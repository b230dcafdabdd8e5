#include "replay/episode_index.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "common/rng.h"

namespace evenkeel {
namespace {

EpisodeIndex IndexOf(const std::vector<uint64_t>& numbers) {
  EpisodeIndex index;
  for (uint64_t number : numbers) index.Insert(number);
  return index;
}

TEST(EpisodeIndexTest, NextIsTheFirstGap) {
  EXPECT_EQ(IndexOf({}).next(), 0u);
  EXPECT_EQ(IndexOf({2, 0, 3}).next(), 1u);
  EXPECT_EQ(IndexOf({2, 0, 3, 1}).next(), 4u);
}

TEST(EpisodeIndexTest, NumbersAheadOfAGapAreStored) {
  const EpisodeIndex index = IndexOf({0, 3, 5});
  EXPECT_TRUE(index.Contains(3));
  EXPECT_FALSE(index.Contains(4));
  EXPECT_EQ(index.size(), 3u);
  EXPECT_EQ(index.appended(), 3u);
}

TEST(EpisodeIndexTest, AnEvictedNumberWasAppendedButIsNotContained) {
  EpisodeIndex index = IndexOf({0, 1, 2});
  EXPECT_EQ(index.EvictOldest(), 0u);
  EXPECT_TRUE(index.WasAppended(0));
  EXPECT_FALSE(index.Contains(0));
  EXPECT_EQ(index.oldest(), 1u);
  EXPECT_EQ(index.evicted(), 1u);
}

TEST(EpisodeIndexTest, NothingAheadOfTheFirstGapCanBeEvicted) {
  EpisodeIndex index = IndexOf({0, 2});
  index.EvictOldest();
  EXPECT_FALSE(index.CanEvict());
  EXPECT_EQ(index.oldest(), 2u);
}

TEST(EpisodeIndexTest, AgreesWithAPlainSetOverRandomHistories) {
  Rng rng(7);
  EpisodeIndex index;
  std::set<uint64_t> plain;
  for (int step = 0; step < 20000; ++step) {
    const uint64_t number = index.next() + rng.Below(6);
    if (!index.WasAppended(number)) {
      index.Insert(number);
      plain.insert(number);
    }
    if (index.size() > 30 && index.CanEvict()) {
      ASSERT_EQ(index.EvictOldest(), *plain.begin());
      plain.erase(plain.begin());
    }
    ASSERT_EQ(index.size(), plain.size());
    ASSERT_EQ(index.oldest(), *plain.begin());
    const uint64_t position = rng.Below(plain.size());
    ASSERT_EQ(index.At(position), *std::next(plain.begin(), position));
    const uint64_t bound = index.oldest() + 1 + rng.Below(40);
    ASSERT_EQ(index.CountBelow(bound),
              static_cast<uint64_t>(std::distance(plain.begin(), plain.lower_bound(bound))));
  }
  EXPECT_GT(index.evicted(), 1000u);
}

}  // namespace
}  // namespace evenkeel
