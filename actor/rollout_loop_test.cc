#include "actor/rollout_loop.h"

#include <deque>
#include <string>
#include <vector>

#include "actor/policies_for_test.h"
#include "common/clock.h"
#include "gtest/gtest.h"

namespace evenkeel {
namespace {

using Event = absl::StatusOr<v1::CoordinatorMessage>;

Event Start(uint64_t round, uint32_t worlds, uint64_t min_version = 0) {
  v1::CoordinatorMessage message;
  message.mutable_round_start()->set_round(round);
  message.mutable_round_start()->set_worlds(worlds);
  message.mutable_round_start()->set_min_policy_version(min_version);
  message.mutable_round_start()->add_nominal_weights(1);
  message.mutable_round_start()->add_nominal_weights(2);
  return message;
}

Event Step(uint64_t round, uint64_t step, int worlds) {
  v1::CoordinatorMessage message;
  message.mutable_step_request()->set_round(round);
  message.mutable_step_request()->set_step(step);
  for (int world = 0; world < worlds; ++world) message.mutable_step_request()->add_observations();
  return message;
}

Event StepOfAttempt(uint64_t attempt) {
  Event step = Step(0, 0, 1);
  step->mutable_step_request()->set_attempt(attempt);
  return step;
}

Event End(uint64_t round) {
  v1::CoordinatorMessage message;
  message.mutable_round_end()->set_round(round);
  return message;
}

Event Bye(const std::string& reason) {
  v1::CoordinatorMessage message;
  message.mutable_goodbye()->set_reason(reason);
  return message;
}

const Event kBroken = absl::UnavailableError("connection reset");

// Plays a list of events, then is silent; each silent tick takes its time on the clock.
class ScriptedEnvironment : public Environment {
 public:
  ScriptedEnvironment(std::deque<Event> events, ManualClock* clock)
      : events_(std::move(events)), clock_(clock) {}

  absl::Status Join(absl::Duration) override {
    ++joins;
    if (refusals.empty()) return absl::OkStatus();
    const absl::Status status = refusals.front();
    if (refusals.size() > 1 || !refuse_forever) refusals.pop_front();
    return status;
  }

  absl::StatusOr<bool> Next(absl::Duration timeout, v1::CoordinatorMessage* message) override {
    if (events_.empty()) {
      clock_->Advance(timeout);
      return false;
    }
    const Event event = events_.front();
    events_.pop_front();
    if (!event.ok()) return event.status();
    *message = *event;
    return true;
  }

  absl::Status SendReady(const v1::Ready& ready) override {
    readies.push_back(ready);
    return absl::OkStatus();
  }

  absl::Status SendActions(v1::StepReply reply) override {
    replies.push_back(std::move(reply));
    return absl::OkStatus();
  }

  int joins = 0;
  std::deque<absl::Status> refusals;
  bool refuse_forever = false;
  std::vector<v1::Ready> readies;
  std::vector<v1::StepReply> replies;

 private:
  std::deque<Event> events_;
  ManualClock* const clock_;
};

class RolloutLoopTest : public testing::Test {
 protected:
  RolloutLoopTest() : clock_(absl::UnixEpoch()), policy_(PolicyOptions()) { policies_.Publish(25); }

  absl::StatusOr<std::string> Run(ScriptedEnvironment* environment) {
    RolloutLoop::Options options;
    options.stall_after = absl::Seconds(60);
    return RolloutLoop(options, environment, {&policy_}, &clock_).Run(&stop_);
  }

  PolicyHolder::Options PolicyOptions() {
    PolicyHolder::Options options;
    options.make_policy = MakePolicyThatTellsItsParameters;
    options.source = &policies_;
    options.patience = absl::Milliseconds(10);
    return options;
  }

  ManualClock clock_;
  PublishedPolicies policies_;
  PolicyHolder policy_;
  absl::Notification stop_;
};

TEST_F(RolloutLoopTest, AnswersEveryStepOfEveryWorldUntilGoodbye) {
  ScriptedEnvironment environment({Start(0, 3), Step(0, 0, 3), Step(0, 1, 3), End(0), Start(1, 2),
                                   Step(1, 0, 2), End(1), Bye("training finished")},
                                  &clock_);
  const absl::StatusOr<std::string> reason = Run(&environment);
  ASSERT_TRUE(reason.ok()) << reason.status();
  EXPECT_EQ(*reason, "training finished");
  ASSERT_EQ(environment.replies.size(), 3u);
  EXPECT_EQ(environment.replies[1].step(), 1u);
  EXPECT_EQ(environment.replies[1].actions_size(), 3);
  EXPECT_EQ(environment.replies[2].round(), 1u);
  EXPECT_EQ(environment.replies[2].actions_size(), 2);
}

TEST_F(RolloutLoopTest, IsReadyWithTheVersionThatWillAct) {
  ScriptedEnvironment environment({Start(4, 1, 25), Step(4, 0, 1), Bye("")}, &clock_);
  ASSERT_TRUE(Run(&environment).ok());
  ASSERT_EQ(environment.readies.size(), 1u);
  EXPECT_EQ(environment.readies[0].round(), 4u);
  EXPECT_EQ(environment.readies[0].policy_version(), 25u);
  EXPECT_EQ(environment.replies[0].actions(0).controls().servers(1).weight(), 25);
}

TEST_F(RolloutLoopTest, APolicyThatDoesNotComeEndsTheRun) {
  ScriptedEnvironment environment({Start(0, 1, 50)}, &clock_);
  EXPECT_EQ(Run(&environment).status().code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(environment.readies.empty());
}

TEST_F(RolloutLoopTest, TakesALostSeatAgainAndGoesOn) {
  ScriptedEnvironment environment(
      {Start(0, 1), Step(0, 0, 1), kBroken, Start(0, 1), Step(0, 1, 1), Bye("done")}, &clock_);
  ASSERT_TRUE(Run(&environment).ok());
  EXPECT_EQ(environment.joins, 2);
  EXPECT_EQ(environment.replies.size(), 2u);
}

TEST_F(RolloutLoopTest, ARoundThatBeginsAgainIsAnsweredAsTheNewAttempt) {
  Event again = Start(0, 1), step = Step(0, 0, 1);
  again->mutable_round_start()->set_attempt(1);
  step->mutable_step_request()->set_attempt(1);
  ScriptedEnvironment environment({Start(0, 1), Step(0, 0, 1), Step(0, 1, 1), again, step, Bye("done")},
                                  &clock_);
  ASSERT_TRUE(Run(&environment).ok());
  ASSERT_EQ(environment.readies.size(), 2u);
  EXPECT_EQ(environment.readies[1].attempt(), 1u);
  ASSERT_EQ(environment.replies.size(), 3u);
  EXPECT_EQ(environment.replies[2].attempt(), 1u);
  EXPECT_EQ(environment.replies[2].step(), 0u);
}

TEST_F(RolloutLoopTest, AnswersForAllAgentsOfItsSeatInOrder) {
  PolicyHolder second(PolicyOptions());
  ScriptedEnvironment environment({Start(0, 2), Step(0, 0, 4), Bye("done")}, &clock_);
  RolloutLoop::Options options;
  options.stall_after = absl::Seconds(60);
  ASSERT_TRUE(RolloutLoop(options, &environment, {&policy_, &second}, &clock_).Run(&stop_).ok());
  ASSERT_EQ(environment.readies.size(), 1u);
  ASSERT_EQ(environment.replies.size(), 1u);
  EXPECT_EQ(environment.replies[0].actions_size(), 4);
}

TEST_F(RolloutLoopTest, WaitsForAnEnvironmentThatIsNotThereYet) {
  ScriptedEnvironment environment({Bye("done")}, &clock_);
  environment.refusals = {absl::UnavailableError("refused"), absl::UnavailableError("refused")};
  EXPECT_TRUE(Run(&environment).ok());
  EXPECT_EQ(environment.joins, 3);
  EXPECT_EQ(clock_.Now() - absl::UnixEpoch(), absl::Milliseconds(50 + 100));
}

TEST_F(RolloutLoopTest, AnEnvironmentThatStaysAwayEndsTheRunWithItsCause) {
  ScriptedEnvironment environment({}, &clock_);
  environment.refusals = {absl::UnavailableError("connection refused")};
  environment.refuse_forever = true;
  const absl::Status status = Run(&environment).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(status.message().find("connection refused"), std::string::npos) << status;
  EXPECT_LE(clock_.Now() - absl::UnixEpoch(), absl::Seconds(60));
}

TEST_F(RolloutLoopTest, ARefusedSeatEndsTheRunAtOnce) {
  ScriptedEnvironment environment({}, &clock_);
  environment.refusals = {absl::FailedPreconditionError("of another run")};
  EXPECT_EQ(Run(&environment).status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(environment.joins, 1);
}

TEST_F(RolloutLoopTest, SilenceLongerThanTheStallTimeEndsTheRun) {
  ScriptedEnvironment environment({Start(0, 1), Step(0, 0, 1)}, &clock_);
  const absl::Status status = Run(&environment).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_NE(status.message().find("silent for 1m0.2s after 1 steps"), std::string::npos) << status;
}

TEST_F(RolloutLoopTest, WhatTheEnvironmentEndsWithIsPassedOn) {
  ScriptedEnvironment environment({Start(0, 1), absl::DeadlineExceededError("barrier stalled")}, &clock_);
  EXPECT_EQ(Run(&environment).status(), absl::DeadlineExceededError("barrier stalled"));
  EXPECT_EQ(environment.joins, 1);
}

TEST_F(RolloutLoopTest, AStopEndsTheRun) {
  ScriptedEnvironment environment({Start(0, 1)}, &clock_);
  stop_.Notify();
  EXPECT_EQ(Run(&environment).status().code(), absl::StatusCode::kCancelled);
}

class MalformedTest : public RolloutLoopTest, public testing::WithParamInterface<std::vector<Event>> {};

TEST_P(MalformedTest, IsAnErrorAndNoCrash) {
  ScriptedEnvironment environment(std::deque<Event>(GetParam().begin(), GetParam().end()), &clock_);
  EXPECT_EQ(Run(&environment).status().code(), absl::StatusCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(Messages, MalformedTest,
                         testing::Values(std::vector<Event>{Step(0, 0, 1)},               // before any round
                                         std::vector<Event>{Start(0, 2), Step(0, 0, 1)},  // too few worlds
                                         std::vector<Event>{Start(0, 1), Step(1, 0, 1)},  // of another round
                                         std::vector<Event>{Start(0, 1), StepOfAttempt(1)},
                                         std::vector<Event>{Start(0, 1), End(0),
                                                            Step(0, 0, 1)},               // after the end
                                         std::vector<Event>{Start(0, 0)},                 // no world
                                         std::vector<Event>{Start(0, 4000000000u)},       // absurdly many
                                         std::vector<Event>{v1::CoordinatorMessage()}));  // empty

}  // namespace
}  // namespace evenkeel
