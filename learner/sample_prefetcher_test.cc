#include "learner/sample_prefetcher.h"

#include <atomic>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace evenkeel {
namespace {

EpisodeBatch BatchOf(uint64_t number) {
  EpisodeBatch batch(1);
  batch[0].mutable_episode()->set_number(number);
  return batch;
}

TEST(SamplePrefetcherTest, GivesTheBatchesInOrder) {
  SamplePrefetcher prefetcher(5, 105, [](uint64_t update) { return BatchOf(update); });
  for (uint64_t update = 5; update < 105; ++update) {
    const absl::StatusOr<EpisodeBatch> batch = prefetcher.Next();
    ASSERT_TRUE(batch.ok());
    EXPECT_EQ((*batch)[0].episode().number(), update);
  }
}

TEST(SamplePrefetcherTest, FetchesAheadWithoutBeingAsked) {
  absl::Notification third;
  SamplePrefetcher prefetcher(0, 100, [&](uint64_t update) {
    if (update == 2) third.Notify();
    return BatchOf(update);
  });
  EXPECT_TRUE(third.WaitForNotificationWithTimeout(absl::Seconds(30)));
}

TEST(SamplePrefetcherTest, NeverHoldsMoreThanItsBoundAndTheOneInHand) {
  std::atomic<uint64_t> fetched{0};
  {
    SamplePrefetcher prefetcher(0, 1000, [&](uint64_t update) {
      ++fetched;
      return BatchOf(update);
    });
    for (uint64_t taken = 0; taken < 50; ++taken) {
      ASSERT_TRUE(prefetcher.Next().ok());
      EXPECT_LE(fetched, taken + 1 + SamplePrefetcher::kReady + 1);
    }
  }
  EXPECT_LT(fetched, 1000u);
}

TEST(SamplePrefetcherTest, AnErrorComesInItsPlaceAndEndsTheFetching) {
  std::atomic<uint64_t> fetched{0};
  SamplePrefetcher prefetcher(0, 10, [&](uint64_t update) -> absl::StatusOr<EpisodeBatch> {
    ++fetched;
    if (update == 1) return absl::DataLossError("episode 7");
    return BatchOf(update);
  });
  EXPECT_TRUE(prefetcher.Next().ok());
  EXPECT_EQ(prefetcher.Next().status(), absl::DataLossError("episode 7"));
  EXPECT_EQ(fetched, 2u);
}

}  // namespace
}  // namespace evenkeel
