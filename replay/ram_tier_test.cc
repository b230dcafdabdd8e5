#include "replay/ram_tier.h"

#include <gtest/gtest.h>

#include "replay/test_episode.h"

namespace evenkeel {
namespace {

std::shared_ptr<const v1::Episode> Episode(uint64_t number) {
  return std::make_shared<const v1::Episode>(MakeTestEpisode(number));
}

const uint64_t kOne = MakeTestEpisode(0).SpaceUsedLong();

TEST(RamTierTest, WhatWasInsertedIsFound) {
  RamTier tier(10 * kOne);
  EXPECT_TRUE(tier.Insert(Episode(4)));
  EXPECT_EQ(tier.Find(4)->number(), 4u);
  EXPECT_EQ(tier.Find(5), nullptr);
  EXPECT_EQ(tier.bytes(), kOne);
}

TEST(RamTierTest, TheOldestLeaveWhenItIsFull) {
  RamTier tier(3 * kOne);
  for (uint64_t number : {0, 1, 2, 3}) tier.Insert(Episode(number));
  EXPECT_EQ(tier.Find(0), nullptr);
  EXPECT_NE(tier.Find(1), nullptr);
  EXPECT_EQ(tier.bytes(), 3 * kOne);
}

TEST(RamTierTest, AnOlderEpisodeDoesNotPushOutANewerOne) {
  RamTier tier(2 * kOne);
  tier.Insert(Episode(5));
  tier.Insert(Episode(6));
  EXPECT_FALSE(tier.Insert(Episode(4)));
  EXPECT_NE(tier.Find(5), nullptr);
  EXPECT_EQ(tier.bytes(), 2 * kOne);
}

TEST(RamTierTest, AnEpisodeLargerThanTheTierIsNotKept) {
  RamTier tier(kOne - 1);
  EXPECT_FALSE(tier.Insert(Episode(0)));
  EXPECT_EQ(tier.bytes(), 0u);
}

TEST(RamTierTest, InsertingTwiceCountsOnce) {
  RamTier tier(10 * kOne);
  tier.Insert(Episode(1));
  EXPECT_TRUE(tier.Insert(Episode(1)));
  EXPECT_EQ(tier.bytes(), kOne);
}

TEST(RamTierTest, EraseBelowKeepsTheRest) {
  RamTier tier(10 * kOne);
  for (uint64_t number : {0, 1, 2}) tier.Insert(Episode(number));
  tier.EraseBelow(2);
  EXPECT_EQ(tier.Find(1), nullptr);
  EXPECT_NE(tier.Find(2), nullptr);
  EXPECT_EQ(tier.bytes(), kOne);
}

TEST(RamTierTest, AReaderKeepsWhatLeaves) {
  RamTier tier(10 * kOne);
  tier.Insert(Episode(3));
  const std::shared_ptr<const v1::Episode> held = tier.Find(3);
  tier.EraseBelow(9);
  EXPECT_EQ(held->SerializeAsString(), MakeTestEpisode(3).SerializeAsString());
}

}  // namespace
}  // namespace evenkeel
