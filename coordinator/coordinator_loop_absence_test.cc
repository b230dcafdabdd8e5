// Simulated time: agents that are silent, never come, or are gone and come back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "coordinator/loop_for_test.h"

namespace evenkeel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST(CoordinatorLoopAbsenceTest, ASilentAgentStallsTheSimulatedClockAndIsNamed) {
  TestRun run(SmallExperiment());
  run.agents.on_sent = [](const TestAgents::Sent& sent) { return !(sent.agent == 1 && IsStep(sent, 3)); };
  const absl::Status status = run.Play();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_EQ(status.message(),
            "stalled: actor-1 (host n7, pid 4711) is late: waited 1m for its reply to round 0 step 3; it is "
            "connected "
            "but silent for 1m");
  EXPECT_EQ(run.agents.end_status, status);
  EXPECT_THAT(run.sink.episodes, IsEmpty());
}

TEST(CoordinatorLoopAbsenceTest, AnAgentWithoutTheNewPolicyStallsTheRoundAndIsNamed) {
  TestRun run(SmallExperiment());
  run.agents.on_sent = [](const TestAgents::Sent& sent) {
    return !(sent.agent == 1 && sent.message.has_round_start() && sent.message.round_start().round() == 1);
  };
  const absl::Status status = run.Play();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  // A minute of grace, and one for each of the 25 updates.
  EXPECT_THAT(
      std::string(status.message()),
      HasSubstr(
          "stalled: actor-1 (host n7, pid 4711) is late: waited 26m for policy version 25 at the start of "
          "round 1, it holds 0"));
}

TEST(CoordinatorLoopAbsenceTest, AgentsThatNeverJoinAreNamed) {
  TestRun run(SmallExperiment());
  run.agents.Join(0);
  const absl::Status status = run.loop->Run();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status.message(), "waited 30s for all agents to join; actor-1: it never joined");
  EXPECT_EQ(run.clock.Now(), kStart + absl::Seconds(30));
}

// Breaks the agent's stream when it is sent the step, and lets it come back `away` later.
void BreakOnce(TestRun* run, int agent, uint64_t round, uint64_t step, absl::Duration away) {
  run->agents.on_sent = [=, broken = false](const TestAgents::Sent& sent) mutable {
    if (broken || sent.agent != agent || !IsStep(sent, step) || sent.message.step_request().round() != round)
      return true;
    broken = true;
    run->agents.Break(agent);
    run->clock.At(run->clock.Now() + away, [run, agent] { run->agents.Join(agent); });
    return false;
  };
}

TEST(CoordinatorLoopAbsenceTest, AnAgentKilledAtAnyStepLeavesTheEpisodesAsTheyWouldHaveBeen) {
  TestRun undisturbed(SmallExperiment());
  ASSERT_TRUE(undisturbed.Play().ok());
  for (uint64_t round : {0, 1}) {
    for (uint64_t step = 0; step < kSteps; ++step) {
      TestRun run(SmallExperiment());
      BreakOnce(&run, /*agent=*/static_cast<int>(step % 2), round, step, absl::Seconds(40));
      ASSERT_TRUE(run.Play().ok());
      EXPECT_TRUE(run.agents.error.ok()) << run.agents.error;
      EXPECT_EQ(Serialized(run.sink.episodes), Serialized(undisturbed.sink.episodes)) << round << " " << step;
      EXPECT_THAT(run.sink.summaries, SizeIs(4));
      EXPECT_EQ(run.gateway.GetStatus().round_restarts(), 1u);
    }
  }
}

TEST(CoordinatorLoopAbsenceTest, ARoundBeginsAgainForAllWhenAnAgentComesBackInItsMiddle) {
  TestRun run(SmallExperiment());
  BreakOnce(&run, 1, 0, 3, absl::Seconds(40));
  ASSERT_TRUE(run.Play().ok());
  for (int agent : {0, 1}) {
    const std::vector<v1::CoordinatorMessage> messages = run.agents.To(agent);
    ASSERT_TRUE(messages[5].has_round_start()) << agent;  // after RoundStart and steps 0, 1, 2, 3
    EXPECT_EQ(messages[5].round_start().round(), 0u);
    EXPECT_EQ(messages[5].round_start().attempt(), 1u);
    EXPECT_EQ(messages[5].round_start().first_step(), 0u);
    EXPECT_EQ(messages[6].step_request().step(), 0u);
    EXPECT_EQ(messages[6].step_request().attempt(), 1u);
  }
  EXPECT_THAT(run.warnings,
              ElementsAre("round 0 begins again: actor-1 (host n7, pid 4711) came back in step 3"));
}

TEST(CoordinatorLoopAbsenceTest, AnAgentThatIsBackBeforeTheOthersRepliedBeginsTheRoundAgainToo) {
  TestRun undisturbed(SmallExperiment()), run(SmallExperiment());
  bool broken = false;
  // Agent 0 replies to step 3 and comes back on a new stream before agent 1, which is slow, has replied.
  run.agents.on_sent = [&](const TestAgents::Sent& sent) {
    if (broken || sent.agent != 1 || !IsStep(sent, 3)) return true;
    broken = true;
    run.agents.Break(0);
    run.agents.Join(0);
    run.clock.At(kStart + absl::Seconds(1), [&run, sent] { run.agents.Answer(sent); });
    return false;
  };
  ASSERT_TRUE(undisturbed.Play().ok());
  ASSERT_TRUE(run.Play().ok());
  EXPECT_TRUE(run.agents.error.ok()) << run.agents.error;
  EXPECT_EQ(Serialized(run.sink.episodes), Serialized(undisturbed.sink.episodes));
}

TEST(CoordinatorLoopAbsenceTest, AReplyOfAnAbandonedAttemptIsDropped) {
  TestRun undisturbed(SmallExperiment()), run(SmallExperiment());
  bool broken = false;
  run.agents.on_sent = [&](const TestAgents::Sent& sent) {
    if (broken || sent.agent != 1 || !IsStep(sent, 3)) return true;
    broken = true;
    run.agents.Break(0);
    run.agents.Join(0);
    return false;
  };
  run.agents.on_reply = [&, held = false](int agent, v1::StepReply* reply) mutable {
    if (held || agent != 1 || reply->attempt() != 1 || reply->step() != 3) return;
    held = true;
    v1::AgentMessage stale;  // of the step that was abandoned, with another choice
    *stale.mutable_step_reply() = *reply;
    stale.mutable_step_reply()->set_attempt(0);
    stale.mutable_step_reply()->mutable_actions(0)->mutable_levels()->Set(0, 5);
    EXPECT_EQ(run.gateway.Receive({1, 1}, 2, stale).value(), false);
  };
  ASSERT_TRUE(undisturbed.Play().ok());
  ASSERT_TRUE(run.Play().ok());
  EXPECT_EQ(run.gateway.barrier().late_replies(), 1u);
  EXPECT_EQ(Serialized(run.sink.episodes), Serialized(undisturbed.sink.episodes));
}

TEST(CoordinatorLoopAbsenceTest, ARoundThatIsBegunTooOftenEndsTheRunAndNamesTheAgent) {
  TestRun run(SmallExperiment());
  run.agents.on_sent = [&run](const TestAgents::Sent& sent) {
    if (sent.agent != 1 || !IsStep(sent, 3)) return true;
    run.agents.Break(1);
    run.agents.Join(1);
    return false;
  };
  const absl::Status status = run.Play();
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(
      status.message(),
      "round 0 was begun 100 times, since agents came back in its middle; the last was actor-1 (host n7, pid "
      "4711) in step 3; its log tells why it does not last");
  EXPECT_THAT(run.sink.episodes, IsEmpty());
}

}  // namespace
}  // namespace evenkeel
