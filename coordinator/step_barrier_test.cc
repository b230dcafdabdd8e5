#include "coordinator/step_barrier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "common/named_thread.h"
#include "common/rng.h"

namespace evenkeel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Arrival = StepBarrier::Arrival;
using Wake = StepBarrier::Wake;

const absl::Time kStart = absl::FromUnixSeconds(1000);

std::vector<bool> All(int agents) { return std::vector<bool>(agents, true); }

v1::AgentMessage Reply(uint64_t step) {
  v1::AgentMessage message;
  message.mutable_step_reply()->set_step(step);
  return message;
}

TEST(StepBarrierTest, CompletesWhenEveryAgentArrived) {
  ManualClock clock(kStart);
  StepBarrier barrier(2, &clock);
  barrier.Open(5, All(2));
  EXPECT_EQ(barrier.Arrive({1, 1}, 5, Reply(5)), Arrival::kCounted);
  EXPECT_EQ(barrier.Arrive({0, 1}, 5, Reply(5)), Arrival::kCounted);

  EXPECT_EQ(barrier.Wait(kStart), Wake::kComplete);
  const StepBarrier::Outcome outcome = barrier.Close();
  EXPECT_THAT(outcome.arrived, ElementsAre(true, true));
  EXPECT_THAT(outcome.missing, IsEmpty());
  EXPECT_EQ(outcome.replies[0].message.step_reply().step(), 5u);
}

TEST(StepBarrierTest, TheDeadlineNamesWhoIsMissingAndForHowLong) {
  ManualClock clock(kStart);
  StepBarrier barrier(3, &clock);
  barrier.Open(0, All(3));
  barrier.Arrive({1, 1}, 0, Reply(0));

  EXPECT_EQ(barrier.Wait(kStart + absl::Seconds(60)), Wake::kDeadline);
  const StepBarrier::Outcome outcome = barrier.Close();
  EXPECT_THAT(outcome.missing, ElementsAre(0, 2));
  EXPECT_EQ(outcome.open_for, absl::Seconds(60));
}

TEST(StepBarrierTest, AReplyToAClosedStepIsCountedAsLateAndDropped) {
  ManualClock clock(kStart);
  StepBarrier barrier(1, &clock);
  barrier.Open(0, All(1));
  barrier.Close();
  EXPECT_EQ(barrier.Arrive({0, 1}, 0, Reply(0)), Arrival::kLate);
  barrier.Open(1, All(1));
  EXPECT_EQ(barrier.Arrive({0, 1}, 0, Reply(0)), Arrival::kLate);

  EXPECT_EQ(barrier.late_replies(), 2u);
  EXPECT_FALSE(barrier.HasArrived(0));
}

TEST(StepBarrierTest, ADuplicateIsCountedAndTheFirstReplyStays) {
  ManualClock clock(kStart);
  StepBarrier barrier(1, &clock);
  barrier.Open(0, All(1));
  v1::AgentMessage first = Reply(0);
  first.mutable_step_reply()->add_actions()->add_levels(3);
  barrier.Arrive({0, 1}, 0, first);
  EXPECT_EQ(barrier.Arrive({0, 1}, 0, Reply(0)), Arrival::kDuplicate);

  EXPECT_EQ(barrier.duplicate_replies(), 1u);
  EXPECT_EQ(barrier.Close().replies[0].message.step_reply().actions_size(), 1);
}

TEST(StepBarrierTest, AReplyToAStepNotYetOpenedIsRefusedAsEarly) {
  ManualClock clock(kStart);
  StepBarrier barrier(1, &clock);
  barrier.Open(3, All(1));
  EXPECT_EQ(barrier.Arrive({0, 1}, 4, Reply(4)), Arrival::kEarly);
  EXPECT_FALSE(barrier.HasArrived(0));
}

TEST(StepBarrierTest, AnAgentThatIsNotExpectedIsNotWaitedFor) {
  ManualClock clock(kStart);
  StepBarrier barrier(2, &clock);
  barrier.Open(0, {true, false});
  EXPECT_EQ(barrier.Arrive({1, 1}, 0, Reply(0)), Arrival::kLate);
  barrier.Arrive({0, 1}, 0, Reply(0));
  EXPECT_EQ(barrier.Wait(kStart), Wake::kComplete);
  EXPECT_THAT(barrier.Close().missing, IsEmpty());
}

TEST(StepBarrierTest, AnExcusedAgentIsNoLongerWaitedFor) {
  ManualClock clock(kStart);
  StepBarrier barrier(2, &clock);
  barrier.Open(0, All(2));
  barrier.Arrive({0, 1}, 0, Reply(0));
  barrier.Excuse(1);
  EXPECT_EQ(barrier.Wait(kStart), Wake::kComplete);
  const StepBarrier::Outcome outcome = barrier.Close();
  EXPECT_THAT(outcome.arrived, ElementsAre(true, false));
  EXPECT_THAT(outcome.missing, IsEmpty());
}

TEST(StepBarrierTest, AnInterruptWakesTheWaitOnceAndBeforeTheDeadline) {
  ManualClock clock(kStart);
  StepBarrier barrier(1, &clock);
  barrier.Open(0, All(1));
  barrier.Interrupt();
  EXPECT_EQ(barrier.Wait(kStart + absl::Seconds(1)), Wake::kInterrupted);
  EXPECT_EQ(clock.Now(), kStart);
  EXPECT_EQ(barrier.Wait(kStart + absl::Seconds(1)), Wake::kDeadline);
}

TEST(StepBarrierTest, ACompleteStepWinsOverAnInterruptThatStaysForTheNextWait) {
  ManualClock clock(kStart);
  StepBarrier barrier(1, &clock);
  barrier.Open(0, All(1));
  barrier.Interrupt();
  barrier.Arrive({0, 1}, 0, Reply(0));
  EXPECT_EQ(barrier.Wait(kStart), Wake::kComplete);
  barrier.Close();
  barrier.Open(1, All(1));
  EXPECT_EQ(barrier.Wait(kStart + absl::Seconds(1)), Wake::kInterrupted);
}

// Whatever the agents send, in whatever order and however often, the outcome of a step holds exactly the
// first replies that carry its number.
TEST(StepBarrierTest, NeverMixesStepsUnderRandomTraffic) {
  constexpr int kAgents = 4;
  ManualClock clock(kStart);
  StepBarrier barrier(kAgents, &clock);
  Rng rng(1);
  uint64_t late = 0, duplicates = 0;
  for (uint64_t step = 0; step < 2000; ++step) {
    barrier.Open(step, All(kAgents));
    std::vector<bool> sent(kAgents, false);
    for (int i = 0; i < 6; ++i) {
      const int agent = static_cast<int>(rng.Below(kAgents));
      const uint64_t number = step - std::min<uint64_t>(step, rng.Below(3)) + (rng.Below(10) == 0 ? 1 : 0);
      barrier.Arrive({agent, 1}, number, Reply(number));
      if (number < step) ++late;
      if (number == step && sent[agent]) ++duplicates;
      if (number == step) sent[agent] = true;
    }
    const StepBarrier::Outcome outcome = barrier.Close();
    ASSERT_EQ(outcome.arrived, sent);
    for (const StepBarrier::Reply& reply : outcome.replies) {
      ASSERT_TRUE(sent[reply.seats.first]);
      ASSERT_EQ(reply.message.step_reply().step(), step);
    }
  }
  EXPECT_EQ(barrier.late_replies(), late);
  EXPECT_EQ(barrier.duplicate_replies(), duplicates);
}

TEST(StepBarrierTest, KeepsManyThreadsInStep) {
  constexpr int kAgents = 4;
  constexpr uint64_t kSteps = 100;
  StepBarrier barrier(kAgents, RealClock());
  const absl::Time deadline = RealClock()->Now() + absl::Seconds(30);
  std::vector<NamedThread> agents;
  for (int agent = 0; agent < kAgents; ++agent) {
    agents.emplace_back("agent", [&barrier, agent, deadline] {
      for (uint64_t step = 0; step < kSteps;) {
        const Arrival arrival = barrier.Arrive({agent, 1}, step, Reply(step));
        if (arrival != Arrival::kEarly) ++step;
        if (RealClock()->Now() > deadline) return;
        std::this_thread::yield();
      }
    });
  }
  for (uint64_t step = 0; step < kSteps; ++step) {
    barrier.Open(step, All(kAgents));
    EXPECT_EQ(barrier.Wait(deadline), Wake::kComplete);
    EXPECT_THAT(barrier.Close().missing, IsEmpty());
  }
  EXPECT_EQ(barrier.late_replies(), 0u);
}

}  // namespace
}  // namespace evenkeel
