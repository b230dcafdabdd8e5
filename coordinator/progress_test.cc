#include "coordinator/progress.h"

#include <gtest/gtest.h>

namespace evenkeel {
namespace {

TEST(ProgressTest, CountsStepsOverAllWorldsAndOrdersTheWaits) {
  Progress progress;
  for (int step = 0; step < 100; ++step) progress.StepClosed(3, step, 4, absl::Milliseconds(step + 1));
  v1::RunStatus status;
  progress.Fill(&status);
  EXPECT_EQ(status.round(), 3u);
  EXPECT_EQ(status.step(), 99u);
  EXPECT_EQ(status.steps_total(), 400u);
  EXPECT_DOUBLE_EQ(status.barrier_p50_s(), 0.051);
  EXPECT_DOUBLE_EQ(status.barrier_p99_s(), 0.100);
  EXPECT_FALSE(status.finished());
}

TEST(ProgressTest, ForgetsWaitsBeyondTheNewest) {
  Progress progress;
  for (size_t step = 0; step < Progress::kWaitsKept; ++step)
    progress.StepClosed(0, step, 1, absl::Seconds(9));
  for (size_t step = 0; step < Progress::kWaitsKept; ++step)
    progress.StepClosed(1, step, 1, absl::Seconds(1));
  v1::RunStatus status;
  progress.Fill(&status);
  EXPECT_DOUBLE_EQ(status.barrier_p99_s(), 1);
}

TEST(ProgressTest, KeepsTheNewestSummaries) {
  Progress progress;
  progress.StartAt(2, 8);
  for (uint64_t number = 8; number < 80; ++number) {
    v1::EpisodeSummary summary;
    summary.set_number(number);
    progress.EpisodeFinished(summary);
  }
  progress.Finished();
  v1::RunStatus status;
  progress.Fill(&status);
  EXPECT_EQ(status.episodes_finished(), 80u);
  ASSERT_EQ(status.episodes_size(), 64);
  EXPECT_EQ(status.episodes(0).number(), 16u);
  EXPECT_EQ(status.episodes(63).number(), 79u);
  EXPECT_TRUE(status.finished());
}

}  // namespace
}  // namespace evenkeel
