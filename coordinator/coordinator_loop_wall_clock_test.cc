// The loop on the wall clock: absolute times, masks, leases.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "coordinator/loop_for_test.h"

namespace evenkeel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

v1::Experiment WallClock() {
  v1::Experiment experiment = SmallExperiment();
  experiment.mutable_training()->set_clock(v1::Training::WALL);
  experiment.mutable_training()->set_episodes(2);
  return experiment;
}

TEST(CoordinatorLoopWallClockTest, StepsAreAskedAtAbsoluteTimesHoweverSlowTheAgents) {
  TestRun run(WallClock());
  std::vector<absl::Duration> asked;
  run.agents.on_sent = [&](const TestAgents::Sent& sent) {
    if (!sent.message.has_step_request()) return true;
    if (sent.agent == 0) asked.push_back(run.clock.Now() - kStart);
    // Agent 0 takes 10, 20, ... ms; agent 1 never replies after step 1.
    if (sent.agent == 0) {
      const absl::Duration delay = absl::Milliseconds(10) * (1 + sent.message.step_request().step());
      run.clock.At(run.clock.Now() + delay, [&run, sent] { run.agents.Answer(sent); });
      return false;
    }
    return sent.message.step_request().step() < 2;
  };
  ASSERT_TRUE(run.Play().ok());
  ASSERT_THAT(asked, SizeIs(kSteps));
  for (uint64_t step = 0; step < kSteps; ++step)
    EXPECT_EQ(asked[step], step * absl::Milliseconds(250)) << step;
  EXPECT_EQ(run.clock.Now(), kStart + absl::Seconds(2));
}

TEST(CoordinatorLoopWallClockTest, AMissingAgentIsMaskedAndItsDataPlaneKeepsWhatItSetLast) {
  TestRun run(WallClock());
  run.agents.on_sent = [](const TestAgents::Sent& sent) { return sent.agent == 0 || !IsStep(sent, 4); };
  ASSERT_TRUE(run.Play().ok());
  const v1::Episode& episode = run.sink.episodes[0];
  std::string expected(kSteps * 2, '\1');
  expected[4 * 2 + 1] = '\0';
  EXPECT_EQ(episode.mask(), expected);
  const size_t row = 2 * 3, agent_1 = 3;
  EXPECT_EQ(episode.levels().substr(4 * row + agent_1, 3), episode.levels().substr(3 * row + agent_1, 3));
  EXPECT_EQ(episode.weights().substr((4 * row + agent_1) * 4, 12),
            episode.weights().substr((3 * row + agent_1) * 4, 12));
  EXPECT_EQ(run.sink.summaries[0].missed_steps(), 1u);
  EXPECT_EQ(run.gateway.GetStatus().agents(1).missed_steps(), 1u);
}

TEST(CoordinatorLoopWallClockTest, ALateReplyIsDroppedAndTheNextStepGoesOnInStep) {
  TestRun run(WallClock());
  run.agents.on_sent = [&run](const TestAgents::Sent& sent) {
    if (sent.agent == 0 || !IsStep(sent, 4)) return true;
    run.clock.At(run.clock.Now() + absl::Milliseconds(220), [&run, sent] { run.agents.Answer(sent); });
    return false;
  };
  ASSERT_TRUE(run.Play().ok());
  EXPECT_TRUE(run.agents.error.ok()) << run.agents.error;
  EXPECT_EQ(run.gateway.barrier().late_replies(), 1u);
  EXPECT_EQ(run.sink.summaries[0].missed_steps(), 1u);
}

TEST(CoordinatorLoopWallClockTest, GoesOnWithoutAnAgentThatLeftAndTakesItInWhenItIsBack) {
  TestRun run(WallClock());
  bool left = false;
  run.agents.on_sent = [&](const TestAgents::Sent& sent) {
    if (left || sent.agent != 1 || !IsStep(sent, 2)) return true;
    left = true;
    run.agents.Break(1);
    run.clock.At(kStart + absl::Milliseconds(1100), [&run] { run.agents.Join(1); });  // in step 4
    return false;
  };
  ASSERT_TRUE(run.Play().ok());
  std::string mask;
  for (uint64_t step = 0; step < kSteps; ++step)
    mask += run.sink.episodes[0].mask()[2 * step + 1] ? '1' : '0';
  EXPECT_EQ(mask, "11000111");
}

TEST(CoordinatorLoopWallClockTest, OneThatIsAwayIsNotWaitedFor) {
  TestRun run(WallClock());
  run.agents.on_sent = [&](const TestAgents::Sent& sent) {
    if (sent.agent != 1) return true;
    if (IsStep(sent, 2)) run.agents.Break(1);
    return !IsStep(sent, 2);
  };
  ASSERT_TRUE(run.Play().ok());
  EXPECT_EQ(run.sink.summaries[0].missed_steps(), kSteps - 2);
  EXPECT_LT(run.gateway.GetStatus().barrier_p99_s(), 0.2) << "a deadline passed";
}

TEST(CoordinatorLoopWallClockTest, RoundsBeginOnTheBeatOfTheInterval) {
  TestRun run(WallClock());
  run.clock.Advance(absl::Milliseconds(130));
  std::vector<absl::Time> asked;
  run.agents.on_sent = [&](const TestAgents::Sent& sent) {
    if (sent.agent == 0 && sent.message.has_step_request()) asked.push_back(run.clock.Now());
    return true;
  };
  ASSERT_TRUE(run.Play().ok());
  EXPECT_EQ(asked[0], kStart + absl::Milliseconds(250));
  EXPECT_EQ(asked[1], kStart + absl::Milliseconds(500));
}

TEST(CoordinatorLoopWallClockTest, WithReuseLastAMissingAgentRepeatsWhatItDidAndIsCounted) {
  v1::Experiment experiment = WallClock();
  experiment.mutable_barrier()->set_on_miss(v1::Barrier::REUSE_LAST);
  TestRun run(experiment);
  run.agents.on_sent = [](const TestAgents::Sent& sent) {
    return sent.agent == 0 || !(IsStep(sent, 0) || IsStep(sent, 4));
  };
  ASSERT_TRUE(run.Play().ok());
  const v1::Episode& episode = run.sink.episodes[0];
  std::string expected(kSteps * 2, '\1');
  expected[1] = '\0';  // nothing to repeat yet
  EXPECT_EQ(episode.mask(), expected);
  const size_t row = 2 * 3, agent_1 = 3;
  EXPECT_EQ(episode.levels().substr(4 * row + agent_1, 3), episode.levels().substr(3 * row + agent_1, 3));
  EXPECT_EQ(run.gateway.GetStatus().agents(1).missed_steps(), 2u);
  EXPECT_THAT(run.warnings, ElementsAre(HasSubstr("actor-1 (host n7, pid 4711) is masked in round 0 step 0"),
                                        HasSubstr("repeats its last action in round 0 step 4")));
}

TEST(CoordinatorLoopWallClockTest, WithWaitAStepWaitsForTheLateAndTheScheduleStays) {
  v1::Experiment experiment = WallClock();
  experiment.mutable_barrier()->set_on_miss(v1::Barrier::WAIT);
  TestRun run(experiment);
  std::vector<absl::Duration> asked;
  run.agents.on_sent = [&](const TestAgents::Sent& sent) {
    if (!sent.message.has_step_request()) return true;
    if (sent.agent == 0) asked.push_back(run.clock.Now() - kStart);
    if (sent.agent == 0 || !IsStep(sent, 2)) return true;
    run.clock.At(run.clock.Now() + absl::Milliseconds(600), [&run, sent] { run.agents.Answer(sent); });
    return false;
  };
  ASSERT_TRUE(run.Play().ok());
  EXPECT_EQ(run.sink.summaries[0].missed_steps(), 0u);
  // Step 2, asked at 500 ms, is complete at 1,100 ms: 3 and 4 follow at once, 5 at its time.
  EXPECT_THAT(asked, ElementsAre(absl::Milliseconds(0), absl::Milliseconds(250), absl::Milliseconds(500),
                                 absl::Milliseconds(1100), absl::Milliseconds(1100), absl::Milliseconds(1250),
                                 absl::Milliseconds(1500), absl::Milliseconds(1750)));
  EXPECT_EQ(run.gateway.GetStatus().overrun_steps(), 2u);
  EXPECT_THAT(run.warnings,
              testing::Contains(HasSubstr("round 0 step 2 ended 350ms after the next one's time")));
}

TEST(CoordinatorLoopWallClockTest, ASilentAgentLosesItsLeaseIsNamedAndIsTakenInWhenHeardAgain) {
  v1::Experiment experiment = WallClock();
  experiment.mutable_barrier()->set_lease_seconds(0.6);
  TestRun run(experiment);
  bool connected_at_1200ms = true, connected_at_1400ms = false;
  run.clock.At(kStart + absl::Milliseconds(1200),
               [&] { connected_at_1200ms = run.gateway.GetStatus().agents(1).connected(); });
  run.clock.At(kStart + absl::Milliseconds(1400),
               [&] { connected_at_1400ms = run.gateway.GetStatus().agents(1).connected(); });
  run.agents.on_sent = [&](const TestAgents::Sent& sent) {
    if (sent.agent == 0 || !sent.message.has_step_request()) return true;
    const uint64_t step = sent.message.step_request().step();
    if (step < 2 || step > 5) return true;  // hangs with step 2, and answers it at 1,300 ms
    if (step == 2) run.clock.At(kStart + absl::Milliseconds(1300), [&run, sent] { run.agents.Answer(sent); });
    return false;
  };
  ASSERT_TRUE(run.Play().ok());
  EXPECT_TRUE(run.agents.error.ok()) << run.agents.error;
  EXPECT_FALSE(connected_at_1200ms);
  EXPECT_TRUE(connected_at_1400ms);
  std::string mask;
  for (uint64_t step = 0; step < kSteps; ++step)
    mask += run.sink.episodes[0].mask()[2 * step + 1] ? '1' : '0';
  EXPECT_EQ(mask, "11000011");
  EXPECT_THAT(run.warnings,
              testing::Contains(HasSubstr("actor-1 (host n7, pid 4711) has owed a reply for 600ms")));
}

TEST(CoordinatorLoopWallClockTest, StallsWhenNobodyRepliesAnyMore) {
  v1::Experiment experiment = WallClock();
  experiment.mutable_barrier()->set_stall_after_seconds(1);
  TestRun run(experiment);
  run.agents.on_sent = [](const TestAgents::Sent& sent) { return !sent.message.has_step_request(); };
  const absl::Status status = run.Play();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("stalled: actor-0 (host n7, pid 4710) is late"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("actor-1 (host n7, pid 4711) is late"));
}

TEST(CoordinatorLoopWallClockTest, ARoundStartsWithoutAnAgentThatLeavesBeforeItIsReady) {
  TestRun run(WallClock());
  run.agents.on_sent = [&run](const TestAgents::Sent& sent) {
    if (sent.agent != 1 || !sent.message.has_round_start()) return true;
    run.agents.Break(1);
    return false;
  };
  ASSERT_TRUE(run.Play().ok());
  EXPECT_EQ(run.clock.Now(), kStart + absl::Seconds(2));
  EXPECT_EQ(run.sink.summaries[0].missed_steps(), kSteps);
}

}  // namespace
}  // namespace evenkeel
