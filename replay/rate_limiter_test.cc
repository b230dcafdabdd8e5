#include "replay/rate_limiter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/rng.h"

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

constexpr RateLimiterOptions kFourPerInsert = {/*min_episodes=*/2, /*samples_per_insert=*/4, /*slack=*/8};

RateLimiter With(uint64_t inserted, uint64_t drawn) {
  RateLimiter limiter(kFourPerInsert);
  for (uint64_t i = 0; i < inserted; ++i) limiter.Inserted();
  limiter.Drew(drawn);
  return limiter;
}

TEST(RateLimiterTest, NoDrawPassesBeforeTheLeastNumberIsThere) {
  EXPECT_FALSE(With(1, 0).AllowsDraw(1, 1));
  EXPECT_TRUE(With(2, 0).AllowsDraw(1, 2));
  EXPECT_FALSE(RateLimiter({3, 0, 0}).AllowsDraw(1, 2));
}

TEST(RateLimiterTest, DrawsPassUpToTheSlackAheadOfTheInserts) {
  EXPECT_TRUE(With(5, 0).AllowsDraw(28, 5));
  EXPECT_FALSE(With(5, 0).AllowsDraw(29, 5));
  EXPECT_FALSE(With(5, 28).AllowsDraw(1, 5));
}

TEST(RateLimiterTest, InsertsPassUpToTheSlackAheadOfTheDraws) {
  EXPECT_TRUE(With(1, 0).AllowsInsert(1));
  EXPECT_FALSE(With(2, 0).AllowsInsert(2));
  EXPECT_TRUE(With(2, 4).AllowsInsert(2));
}

TEST(RateLimiterTest, InsertsPassUntilTheLeastNumberIsThere) {
  RateLimiter limiter({/*min_episodes=*/50, /*samples_per_insert=*/4, /*slack=*/4});
  for (int i = 0; i < 50; ++i) {
    EXPECT_TRUE(limiter.AllowsInsert(i));
    limiter.Inserted();
  }
  EXPECT_FALSE(limiter.AllowsInsert(50));
  EXPECT_TRUE(limiter.AllowsInsert(49)) << "one left the table";
}

TEST(RateLimiterTest, WithoutARatioNothingIsHeldBack) {
  RateLimiter limiter({1, 0, 0});
  limiter.Inserted();
  limiter.Drew(1'000'000);
  EXPECT_TRUE(limiter.AllowsDraw(1, 1));
  EXPECT_TRUE(limiter.AllowsInsert(1));
}

TEST(RateLimiterTest, WhatCameToNothingIsNotCounted) {
  RateLimiter limiter = With(5, 28);
  limiter.Undrew(1);
  EXPECT_TRUE(limiter.AllowsDraw(1, 5));
  limiter = With(2, 4);
  limiter.Inserted();
  EXPECT_FALSE(limiter.AllowsInsert(3));
  limiter.Uninserted();
  EXPECT_TRUE(limiter.AllowsInsert(3));
}

TEST(RateLimiterTest, OneOfTheTwoAlwaysPasses) {
  Rng rng(4);
  for (int trial = 0; trial < 300; ++trial) {
    const double per_insert = 0.25 * static_cast<double>(1 + rng.Below(40));
    const RateLimiterOptions options = {1 + rng.Below(5), per_insert, std::max(1.0, per_insert) + rng.Below(5)};
    ASSERT_TRUE(RateLimiter::Check(options).ok());
    RateLimiter limiter(options);
    uint64_t episodes = 0;
    for (int step = 0; step < 200; ++step) {
      const bool draw = limiter.AllowsDraw(1, episodes), insert = limiter.AllowsInsert(episodes);
      ASSERT_TRUE(draw || insert) << limiter.State(episodes);
      if (insert && (!draw || rng.Below(2) == 0)) {
        limiter.Inserted();
        ++episodes;
      } else {
        limiter.Drew(1);
      }
    }
  }
}

// However its counts stood before, and whatever is tried in which order.
TEST(RateLimiterTest, ARestoredOneNeverBlocksWhatAFreshOneWithTheSameContentLetsPass) {
  Rng rng(5);
  for (int trial = 0; trial < 300; ++trial) {
    const uint64_t content = rng.Below(30);
    const RateLimiterOptions options = {1 + rng.Below(10), 0.5 * static_cast<double>(1 + rng.Below(12)),
                                        6 + static_cast<double>(rng.Below(30))};
    RateLimiter fresh(options);
    for (uint64_t i = 0; i < content; ++i) fresh.Inserted();
    RateLimiter restored(options, content);
    uint64_t episodes = content;
    for (int step = 0; step < 200; ++step) {
      const uint64_t items = 1 + rng.Below(5);
      ASSERT_LE(fresh.AllowsDraw(items, episodes), restored.AllowsDraw(items, episodes));
      ASSERT_LE(fresh.AllowsInsert(episodes), restored.AllowsInsert(episodes));
      if (rng.Below(2) == 0 && fresh.AllowsDraw(items, episodes)) {
        fresh.Drew(items);
        restored.Drew(items);
      } else if (fresh.AllowsInsert(episodes)) {
        fresh.Inserted();
        restored.Inserted();
        ++episodes;
      }
    }
  }
}

TEST(RateLimiterTest, ASlackThatLetsNothingPassIsRefused) {
  EXPECT_EQ(RateLimiter::Check({1, 8, 7}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(RateLimiter::Check({1, 0.5, 0.5}).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(RateLimiter::Check({1, 8, 8}).ok());
  EXPECT_TRUE(RateLimiter::Check({1, 0, 0}).ok());
}

TEST(RateLimiterTest, TheStateTellsAllCounts) {
  EXPECT_THAT(With(5, 28).State(4), HasSubstr("4 episodes (min_episodes 2), 5 inserted and 28 drawn"));
}

}  // namespace
}  // namespace evenkeel
