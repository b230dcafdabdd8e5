#include "coordinator/episode_summary.h"

#include <gtest/gtest.h>

#include <cmath>

namespace evenkeel {
namespace {

TEST(EpisodeSummaryTest, TakesAllClassesTogether) {
  WorldStatistics statistics;
  statistics.classes.resize(2);
  statistics.classes[0].durations_s = {0.4f, 0.1f};
  statistics.classes[0].rejected = 2;
  statistics.classes[1].durations_s = {0.3f, 0.2f, 0.5f};
  statistics.classes[1].rejected = 1;
  const v1::EpisodeSummary summary = SummarizeEpisode(statistics);
  EXPECT_NEAR(summary.jct_mean_s(), 0.3, 1e-6);
  EXPECT_NEAR(summary.jct_p50_s(), 0.3, 1e-6);
  EXPECT_NEAR(summary.jct_p90_s(), 0.46, 1e-6);
  EXPECT_NEAR(summary.jct_p99_s(), 0.496, 1e-6);
  EXPECT_EQ(summary.flows_finished(), 5u);
  EXPECT_EQ(summary.flows_rejected(), 3u);
}

TEST(EpisodeSummaryTest, HasNoCompletionTimeWithoutFinishedFlows) {
  const v1::EpisodeSummary summary = SummarizeEpisode(WorldStatistics{});
  EXPECT_TRUE(std::isnan(summary.jct_mean_s()));
  EXPECT_TRUE(std::isnan(summary.jct_p99_s()));
  EXPECT_EQ(summary.flows_finished(), 0u);
}

}  // namespace
}  // namespace evenkeel
