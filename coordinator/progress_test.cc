#include "coordinator/progress.h"

#include <gtest/gtest.h>

namespace evenkeel {
namespace {

TEST(ProgressTest, CountsStepsOverAllWorldsAndOrdersTheWaits) {
  Progress progress;
  progress.RoundStarted(3, 0, 0);
  for (int step = 0; step < 100; ++step) {
    progress.StepOpened(step, absl::UnixEpoch());
    progress.StepClosed(4, absl::Milliseconds(step + 1));
  }
  v1::RunStatus status;
  progress.Fill(absl::UnixEpoch(), &status);
  EXPECT_EQ(status.round(), 3u);
  EXPECT_EQ(status.step(), 99u);
  EXPECT_EQ(status.steps_total(), 400u);
  EXPECT_DOUBLE_EQ(status.barrier_p50_s(), 0.051);
  EXPECT_DOUBLE_EQ(status.barrier_p99_s(), 0.100);
  EXPECT_FALSE(status.finished());
}

TEST(ProgressTest, ForgetsWaitsBeyondTheNewest) {
  Progress progress;
  for (size_t step = 0; step < Progress::kWaitsKept; ++step) progress.StepClosed(1, absl::Seconds(9));
  for (size_t step = 0; step < Progress::kWaitsKept; ++step) progress.StepClosed(1, absl::Seconds(1));
  v1::RunStatus status;
  progress.Fill(absl::UnixEpoch(), &status);
  EXPECT_DOUBLE_EQ(status.barrier_p99_s(), 1);
}

TEST(ProgressTest, AStepsIntervalIsThatOfItsRoundAlone) {
  Progress progress;
  const absl::Time start = absl::UnixEpoch();
  for (uint64_t round = 0; round < 2; ++round) {
    progress.RoundStarted(round, 0, 0);
    for (uint64_t step = 0; step < 3; ++step)
      progress.StepOpened(step, start + absl::Hours(round) + absl::Milliseconds(250 * step));
  }
  v1::RunStatus status;
  progress.Fill(start, &status);
  EXPECT_DOUBLE_EQ(status.step_interval_p50_s(), 0.25);
  EXPECT_DOUBLE_EQ(status.step_interval_p99_s(), 0.25);
}

TEST(ProgressTest, TellsThePhaseAndForHowLong) {
  Progress progress;
  progress.Enter(v1::RunStatus::STEP, absl::UnixEpoch());
  v1::RunStatus status;
  progress.Fill(absl::UnixEpoch() + absl::Seconds(7), &status);
  EXPECT_EQ(status.phase(), v1::RunStatus::STEP);
  EXPECT_DOUBLE_EQ(status.phase_s(), 7);
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
  progress.Fill(absl::UnixEpoch(), &status);
  EXPECT_EQ(status.episodes_finished(), 80u);
  ASSERT_EQ(status.episodes_size(), 64);
  EXPECT_EQ(status.episodes(0).number(), 16u);
  EXPECT_EQ(status.episodes(63).number(), 79u);
  EXPECT_TRUE(status.finished());
}

}  // namespace
}  // namespace evenkeel
