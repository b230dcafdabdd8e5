#include "coordinator/agent_gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

constexpr uint64_t kMax = std::numeric_limits<uint64_t>::max();

v1::Hello HelloFrom(uint32_t agent, const std::string& run_id = "run-1") {
  v1::Hello hello;
  hello.set_agent(agent);
  hello.set_run_id(run_id);
  return hello;
}

v1::AgentMessage Ready(uint64_t round, uint64_t version) {
  v1::AgentMessage message;
  message.mutable_ready()->set_round(round);
  message.mutable_ready()->set_policy_version(version);
  return message;
}

v1::AgentMessage StepReply(uint64_t round, uint64_t step, int actions) {
  v1::AgentMessage message;
  message.mutable_step_reply()->set_round(round);
  message.mutable_step_reply()->set_step(step);
  for (int i = 0; i < actions; ++i) message.mutable_step_reply()->add_actions();
  return message;
}

// Two agents, ten steps a round; agent 0 sits on stream 1; round 3 with two worlds from version 300 on is
// under way.
class AgentGatewayTest : public ::testing::Test {
 protected:
  AgentGatewayTest() : clock_(absl::FromUnixSeconds(1000)), gateway_({"run-1", 2, 3, 10}, &clock_) {
    EXPECT_TRUE(gateway_.Seat({0, 1}, 1, HelloFrom(0)).ok());
    gateway_.BeginRound(3, 0, 300, 2);
  }

  void OpenStep(uint64_t step) { gateway_.barrier().Open(gateway_.StepNumber(step), {true, true}); }

  ManualClock clock_;
  AgentGateway gateway_;
};

TEST_F(AgentGatewayTest, RefusesAnAgentOfAnotherRun) {
  const absl::Status status = gateway_.CheckHello(HelloFrom(0, "run-2")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("belongs to run \"run-2\", this is run \"run-1\""));
}

TEST_F(AgentGatewayTest, RefusesAnAgentWithoutASeat) {
  for (uint32_t agent : {2u, 1000u, std::numeric_limits<uint32_t>::max()}) {
    EXPECT_EQ(gateway_.CheckHello(HelloFrom(agent)).status().code(), absl::StatusCode::kInvalidArgument)
        << agent;
  }
}

TEST_F(AgentGatewayTest, RefusesEveryoneOnceTheRunIsOver) {
  EXPECT_TRUE(gateway_.CheckHello(HelloFrom(1)).ok());
  gateway_.CloseDoor(absl::FailedPreconditionError("the run is over"));
  EXPECT_EQ(gateway_.CheckHello(HelloFrom(1)).status().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(AgentGatewayTest, RefusesAReadyWithTooOldAPolicyOrForARoundToCome) {
  const absl::Status old = gateway_.Receive({0, 1}, 1, Ready(3, 275)).status();
  EXPECT_EQ(old.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(old.message()), HasSubstr("policy version 275, which needs at least 300"));
  EXPECT_EQ(gateway_.Receive({0, 1}, 1, Ready(4, 300)).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(gateway_.Receive({0, 1}, 1, Ready(kMax, 300)).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(AgentGatewayTest, ACorrectReadyArrivesAtTheBarrier) {
  gateway_.barrier().Open(gateway_.ReadyNumber(), {true, true});
  EXPECT_TRUE(gateway_.Receive({0, 1}, 1, Ready(3, 325)).ok());
  EXPECT_TRUE(gateway_.barrier().HasArrived(0));
  EXPECT_EQ(gateway_.membership().policy_version(0), 325u);
}

TEST_F(AgentGatewayTest, RefusesARepyThatNobodyAskedFor) {
  OpenStep(4);
  EXPECT_EQ(gateway_.Receive({0, 1}, 1, StepReply(3, 5, 2)).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(gateway_.Receive({0, 1}, 1, StepReply(3, 10, 2)).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(gateway_.Receive({0, 1}, 1, StepReply(3, kMax, 2)).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(gateway_.Receive({0, 1}, 1, StepReply(kMax / 11 + 3, 4, 2)).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(gateway_.barrier().HasArrived(0));
}

TEST_F(AgentGatewayTest, RefusesAReplyWithTheWrongNumberOfActions) {
  OpenStep(4);
  const absl::Status status = gateway_.Receive({0, 1}, 1, StepReply(3, 4, 7)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("7 actions, expected one for each of 1 agents in 2 worlds"));
  EXPECT_FALSE(gateway_.barrier().HasArrived(0));
}

TEST_F(AgentGatewayTest, DropsLateAndDuplicateRepliesQuietly) {
  OpenStep(4);
  EXPECT_EQ(*gateway_.Receive({0, 1}, 1, StepReply(3, 3, 2)), false);
  EXPECT_EQ(*gateway_.Receive({0, 1}, 1, StepReply(2, 9, 5)), false);  // an earlier round had other worlds
  EXPECT_FALSE(gateway_.barrier().HasArrived(0));
  EXPECT_EQ(*gateway_.Receive({0, 1}, 1, StepReply(3, 4, 2)), true);
  EXPECT_EQ(*gateway_.Receive({0, 1}, 1, StepReply(3, 4, 2)), false);
  EXPECT_EQ(gateway_.barrier().late_replies(), 2u);
  EXPECT_EQ(gateway_.barrier().duplicate_replies(), 1u);
}

TEST_F(AgentGatewayTest, RefusesEmptyMessagesAndASecondHello) {
  v1::AgentMessage hello;
  *hello.mutable_hello() = HelloFrom(0);
  EXPECT_EQ(gateway_.Receive({0, 1}, 1, hello).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(gateway_.Receive({0, 1}, 1, v1::AgentMessage()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(AgentGatewayTest, ANewerStreamSilencesTheOlder) {
  OpenStep(0);
  EXPECT_TRUE(gateway_.Seat({0, 1}, 2, HelloFrom(0)).ok());
  EXPECT_EQ(gateway_.Receive({0, 1}, 1, StepReply(3, 0, 2)).status().code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(gateway_.Receive({0, 1}, 2, StepReply(3, 0, 2)).ok());
  EXPECT_EQ(gateway_.Seat({0, 1}, 1, HelloFrom(0)).code(), absl::StatusCode::kAborted);
}

TEST_F(AgentGatewayTest, OneReplyOfAStreamWithTwoAgentsIsTheReplyOfBoth) {
  v1::Hello both = HelloFrom(0);
  both.set_agents(2);
  const auto seats = gateway_.CheckHello(both);
  ASSERT_TRUE(seats.ok()) << seats.status();
  ASSERT_TRUE(gateway_.Seat(*seats, 2, both).ok());
  OpenStep(4);
  EXPECT_THAT(std::string(gateway_.Receive(*seats, 2, StepReply(3, 4, 2)).status().message()),
              HasSubstr("2 actions, expected one for each of 2 agents in 2 worlds"));
  EXPECT_TRUE(*gateway_.Receive(*seats, 2, StepReply(3, 4, 4)));
  EXPECT_EQ(gateway_.barrier().Wait(clock_.Now()), StepBarrier::Wake::kComplete);
  const StepBarrier::Outcome outcome = gateway_.barrier().Close();
  ASSERT_EQ(outcome.replies.size(), 1u);
  EXPECT_EQ(outcome.replies[0].seats.count, 2);
  EXPECT_EQ(gateway_.GetStatus().agents(1).last_step(), 4u);
}

TEST_F(AgentGatewayTest, RefusesAStreamThatReachesBeyondTheLastSeat) {
  v1::Hello hello = HelloFrom(1);
  hello.set_agents(2);
  EXPECT_THAT(std::string(gateway_.CheckHello(hello).status().message()), HasSubstr("no seat for agent 2"));
  hello.set_agents(std::numeric_limits<uint32_t>::max());
  EXPECT_EQ(gateway_.CheckHello(hello).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(AgentGatewayTest, AReplyToAnEarlierAttemptIsLateAndOneToALaterIsRefused) {
  gateway_.BeginRound(3, 1, 300, 2);
  OpenStep(4);
  EXPECT_EQ(*gateway_.Receive({0, 1}, 1, StepReply(3, 4, 2)), false);
  EXPECT_FALSE(gateway_.barrier().HasArrived(0));
  v1::AgentMessage later = StepReply(3, 4, 2);
  later.mutable_step_reply()->set_attempt(2);
  EXPECT_EQ(gateway_.Receive({0, 1}, 1, later).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(AgentGatewayTest, TheStatusHoldsEveryAgent) {
  OpenStep(4);
  EXPECT_TRUE(gateway_.Receive({0, 1}, 1, StepReply(3, 4, 2)).ok());
  const v1::RunStatus status = gateway_.GetStatus();
  ASSERT_EQ(status.agents_size(), 2);
  EXPECT_TRUE(status.agents(0).connected());
  EXPECT_EQ(status.agents(0).last_step(), 4u);
  EXPECT_FALSE(status.agents(1).connected());
}

}  // namespace
}  // namespace evenkeel
