#include "coordinator/coordinator_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/observation_features.h"
#include "coordinator/test_agents.h"

namespace evenkeel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const absl::Time kStart = absl::FromUnixSeconds(1000);
constexpr uint64_t kSteps = 8;

class MemorySink : public EpisodeSink {
 public:
  absl::StatusOr<uint64_t> NextEpisode() override { return episodes.size(); }
  absl::Status Summarize(const v1::EpisodeSummary& summary) override {
    summaries.push_back(summary);
    return absl::OkStatus();
  }
  absl::Status Append(v1::Episode episode) override {
    episodes.push_back(std::move(episode));
    return append_status;
  }

  std::vector<v1::EpisodeSummary> summaries;
  std::vector<v1::Episode> episodes;
  absl::Status append_status;
};

// One run of the loop with agents in memory.
struct TestRun {
  explicit TestRun(v1::Experiment the_experiment, uint64_t first_round = 0)
      : experiment(std::move(the_experiment)), gateway({"run-1", 2, 3, kSteps}, &clock), agents(&gateway) {
    CoordinatorLoopOptions options;
    options.experiment = &experiment;
    options.plan = *PlanRounds(experiment);
    options.learns = true;
    options.first_round = first_round;
    options.warn = options.notice = [this](const std::string& warning) { warnings.push_back(warning); };
    loop = std::make_unique<CoordinatorLoop>(options, &gateway, &agents, &sink, &clock);
  }

  absl::Status Play() {
    agents.Join(0);
    agents.Join(1);
    return loop->Run();
  }

  v1::Experiment experiment;
  ScriptedClock clock{kStart};
  AgentGateway gateway;
  TestAgents agents;
  MemorySink sink;
  std::vector<std::string> warnings;
  std::unique_ptr<CoordinatorLoop> loop;
};

v1::Experiment WallClock() {
  v1::Experiment experiment = SmallExperiment();
  experiment.mutable_training()->set_clock(v1::Training::WALL);
  experiment.mutable_training()->set_episodes(2);
  return experiment;
}

std::vector<std::string> Serialized(const std::vector<v1::Episode>& episodes) {
  std::vector<std::string> bytes;
  for (const v1::Episode& episode : episodes) bytes.push_back(episode.SerializeAsString());
  return bytes;
}

bool IsStep(const TestAgents::Sent& sent, uint64_t step) {
  return sent.message.has_step_request() && sent.message.step_request().step() == step;
}

TEST(CoordinatorLoopTest, PlaysAllEpisodesAndSendsTheAgentsAway) {
  TestRun run(SmallExperiment());
  ASSERT_TRUE(run.Play().ok());
  EXPECT_TRUE(run.agents.error.ok()) << run.agents.error;
  ASSERT_THAT(run.sink.episodes, SizeIs(4));
  for (uint64_t number = 0; number < 4; ++number) {
    const v1::Episode& episode = run.sink.episodes[number];
    EXPECT_EQ(episode.number(), number);
    EXPECT_EQ(episode.round(), number / 2);
    EXPECT_EQ(episode.world(), number % 2);
    EXPECT_EQ(episode.steps(), kSteps);
    EXPECT_EQ(episode.observations().size(), (kSteps + 1) * 2 * 3 * kFeatures * sizeof(float));
    EXPECT_EQ(episode.mask(), std::string(kSteps * 2, '\1'));
  }
  EXPECT_TRUE(run.agents.end_status.ok());
  EXPECT_EQ(run.agents.end_reason, "training finished");
  EXPECT_TRUE(run.gateway.GetStatus().finished());
  EXPECT_EQ(run.gateway.GetStatus().episodes_finished(), 4u);
  EXPECT_EQ(run.gateway.GetStatus().steps_total(), 4 * kSteps);
}

TEST(CoordinatorLoopTest, SendsARoundInTheOrderOfTheProtocol) {
  TestRun run(SmallExperiment());
  ASSERT_TRUE(run.Play().ok());
  const std::vector<v1::CoordinatorMessage> messages = run.agents.To(1);
  ASSERT_THAT(messages, SizeIs(2 * (kSteps + 2)));
  ASSERT_TRUE(messages[0].has_round_start());
  EXPECT_EQ(messages[0].round_start().worlds(), 2u);
  EXPECT_EQ(messages[0].round_start().steps(), kSteps);
  EXPECT_EQ(messages[0].round_start().first_step(), 0u);
  EXPECT_TRUE(messages[0].round_start().explore());
  EXPECT_THAT(messages[0].round_start().nominal_weights(), ElementsAre(2, 2, 4));
  for (uint64_t step = 0; step < kSteps; ++step) {
    ASSERT_TRUE(messages[1 + step].has_step_request());
    EXPECT_EQ(messages[1 + step].step_request().step(), step);
    EXPECT_EQ(messages[1 + step].step_request().observations_size(), 2);
  }
  EXPECT_TRUE(messages[1 + kSteps].has_round_end());
  EXPECT_EQ(messages[2 + kSteps].round_start().round(), 1u);
  EXPECT_EQ(messages[2 + kSteps].round_start().first_episode(), 2u);
}

TEST(CoordinatorLoopTest, AsksForThePolicyThatTheUpdateScheduleSays) {
  TestRun run(SmallExperiment());
  ASSERT_TRUE(run.Play().ok());
  const std::vector<v1::CoordinatorMessage> messages = run.agents.To(0);
  EXPECT_EQ(messages[0].round_start().min_policy_version(), 0u);
  EXPECT_EQ(messages[2 + kSteps].round_start().min_policy_version(),
            25u);  // two stored: the warm-up is complete
  EXPECT_EQ(run.sink.episodes[1].policy_version(), 0u);
  EXPECT_EQ(run.sink.episodes[2].policy_version(), 25u);
}

TEST(CoordinatorLoopTest, TheSameSeedGivesTheSameEpisodesBitForBit) {
  TestRun first(SmallExperiment()), second(SmallExperiment());
  ASSERT_TRUE(first.Play().ok());
  ASSERT_TRUE(second.Play().ok());
  EXPECT_EQ(Serialized(first.sink.episodes), Serialized(second.sink.episodes));

  v1::Experiment other_seed = SmallExperiment();
  other_seed.set_seed(8);
  TestRun third(other_seed);
  ASSERT_TRUE(third.Play().ok());
  EXPECT_NE(first.sink.episodes[0].observations(), third.sink.episodes[0].observations());
}

TEST(CoordinatorLoopTest, AResumedRunPlaysTheRemainingEpisodesAsTheWholeRunDid) {
  TestRun whole(SmallExperiment()), resumed(SmallExperiment(), /*first_round=*/1);
  ASSERT_TRUE(whole.Play().ok());
  ASSERT_TRUE(resumed.Play().ok());
  const std::vector<std::string> all = Serialized(whole.sink.episodes);
  EXPECT_EQ(Serialized(resumed.sink.episodes), std::vector<std::string>(all.begin() + 2, all.end()));
}

TEST(CoordinatorLoopTest, EpisodesAreFollowedByWhatTheFlowsCameTo) {
  TestRun run(SmallExperiment());
  ASSERT_TRUE(run.Play().ok());
  ASSERT_THAT(run.sink.summaries, SizeIs(4));
  const v1::EpisodeSummary& summary = run.sink.summaries[3];
  EXPECT_EQ(summary.number(), 3u);
  EXPECT_GT(summary.flows_finished(), 200u);
  EXPECT_GT(summary.jct_p99_s(), summary.jct_p50_s());
  EXPECT_EQ(summary.missed_steps(), 0u);
  float sum = 0;
  for (uint64_t step = 0; step < kSteps; ++step) {
    float reward;
    std::memcpy(&reward, run.sink.episodes[3].rewards().data() + step * sizeof(float), sizeof(float));
    sum += reward;
  }
  EXPECT_NEAR(summary.reward_mean(), sum / kSteps, 1e-5);
}

TEST(CoordinatorLoopTest, ASilentAgentStallsTheSimulatedClockAndIsNamed) {
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

TEST(CoordinatorLoopTest, AnAgentWithoutTheNewPolicyStallsTheRoundAndIsNamed) {
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

TEST(CoordinatorLoopTest, AgentsThatNeverJoinAreNamed) {
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

TEST(CoordinatorLoopTest, AnAgentKilledAtAnyStepLeavesTheEpisodesAsTheyWouldHaveBeen) {
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

TEST(CoordinatorLoopTest, ARoundBeginsAgainForAllWhenAnAgentComesBackInItsMiddle) {
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

TEST(CoordinatorLoopTest, AnAgentThatIsBackBeforeTheOthersRepliedBeginsTheRoundAgainToo) {
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

TEST(CoordinatorLoopTest, AReplyOfAnAbandonedAttemptIsDropped) {
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

TEST(CoordinatorLoopTest, ARoundThatIsBegunTooOftenEndsTheRunAndNamesTheAgent) {
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

TEST(CoordinatorLoopTest, RefusedControlsAreMaskedCountedAndSaid) {
  TestRun run(SmallExperiment());
  run.agents.on_reply = [](int agent, v1::StepReply* reply) {
    if (agent != 1 || reply->round() != 0 || reply->step() != 2) return;
    reply->mutable_actions(0)->mutable_controls()->mutable_servers(1)->set_weight(
        std::numeric_limits<float>::quiet_NaN());
    reply->mutable_actions(1)->mutable_levels()->Add(0);
  };
  ASSERT_TRUE(run.Play().ok());
  std::string expected(kSteps * 2, '\1');
  expected[2 * 2 + 1] = '\0';
  EXPECT_EQ(run.sink.episodes[0].mask(), expected);
  EXPECT_EQ(run.sink.episodes[1].mask(), expected);
  EXPECT_EQ(run.sink.summaries[0].missed_steps(), 1u);
  EXPECT_EQ(run.gateway.GetStatus().agents(1).missed_steps(), 1u);
  EXPECT_THAT(run.warnings,
              ElementsAre(HasSubstr("actor-1 (host n7, pid 4711) is masked in round 0 step 2")));
}

TEST(CoordinatorLoopTest, AnExchangeGainReachesTheDataPlaneAndABadOneIsMasked) {
  v1::Experiment experiment = SmallExperiment();
  experiment.mutable_agent()->set_exchange(true);
  experiment.mutable_topology()->mutable_exchange()->set_period_seconds(0.1);
  std::vector<std::string> observations;
  for (float gain : {0.0f, 1.0f}) {
    TestRun run(experiment);
    run.agents.on_reply = [gain](int, v1::StepReply* reply) {
      for (v1::Action& action : *reply->mutable_actions()) action.mutable_controls()->set_exchange_gain(gain);
    };
    ASSERT_TRUE(run.Play().ok());
    EXPECT_EQ(run.sink.summaries[0].missed_steps(), 0u);
    observations.push_back(run.sink.episodes[0].observations());
  }
  EXPECT_TRUE(observations[0] != observations[1]);
  TestRun refused(experiment);
  refused.agents.on_reply = [](int agent, v1::StepReply* reply) {
    if (agent == 1) reply->mutable_actions(0)->mutable_controls()->set_exchange_gain(-1);
  };
  ASSERT_TRUE(refused.Play().ok());
  EXPECT_EQ(refused.sink.summaries[0].missed_steps(), kSteps);
}

TEST(CoordinatorLoopTest, EveryKindOfRewardIsPaidAndFinite) {
  for (int kind = v1::Reward::PRODUCT; kind <= v1::Reward::Kind_MAX; ++kind) {
    v1::Experiment experiment = SmallExperiment();
    experiment.mutable_reward()->set_kind(static_cast<v1::Reward::Kind>(kind));
    TestRun run(experiment);
    ASSERT_TRUE(run.Play().ok());
    std::vector<float> rewards(kSteps);
    const std::string& bytes = run.sink.episodes[0].rewards();
    ASSERT_EQ(bytes.size(), kSteps * sizeof(float));
    std::memcpy(rewards.data(), bytes.data(), bytes.size());
    for (float reward : rewards) EXPECT_TRUE(std::isfinite(reward)) << v1::Reward::Kind_Name(kind);
    EXPECT_NE(rewards.front(), rewards.back()) << v1::Reward::Kind_Name(kind);
  }
}

TEST(CoordinatorLoopTest, StopEndsTheRunAfterTheStepUnderWay) {
  TestRun run(SmallExperiment());
  run.agents.on_sent = [&run](const TestAgents::Sent& sent) {
    if (sent.agent == 0 && IsStep(sent, 5)) run.loop->Stop();
    return true;
  };
  EXPECT_EQ(run.Play().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(run.agents.To(1).back().step_request().step(), 5u);
  const absl::Status told = absl::UnavailableError("the coordinator was stopped");
  EXPECT_EQ(run.agents.end_status, told);
  v1::Hello early;  // of an agent that comes back before the next start
  early.set_run_id("run-1");
  EXPECT_EQ(run.gateway.CheckHello(early).status(), told);
}

TEST(CoordinatorLoopTest, StopDoesNotWaitForAnAgentThatIsStuck) {
  TestRun run(SmallExperiment());
  run.agents.on_sent = [&run](const TestAgents::Sent& sent) {
    if (sent.agent == 0 && IsStep(sent, 5)) run.loop->Stop();
    return !IsStep(sent, 5);
  };
  EXPECT_EQ(run.Play().code(), absl::StatusCode::kCancelled);
  EXPECT_LE(run.clock.Now(), kStart + absl::Seconds(1));
}

TEST(CoordinatorLoopTest, StopEndsTheWaitForAgentsToJoin) {
  TestRun run(SmallExperiment());
  run.clock.At(kStart + absl::Seconds(2), [&run] { run.loop->Stop(); });
  EXPECT_EQ(run.loop->Run().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(run.clock.Now(), kStart + absl::Seconds(2));
}

TEST(CoordinatorLoopTest, AnErrorOfTheSinkEndsTheRun) {
  TestRun run(SmallExperiment());
  run.sink.append_status = absl::ResourceExhaustedError("the disk is full");
  const absl::Status status = run.Play();
  EXPECT_EQ(status, run.sink.append_status);
  EXPECT_EQ(run.agents.end_status, status);
  EXPECT_THAT(run.sink.episodes, SizeIs(1));
}

TEST(WallClockTest, StepsAreAskedAtAbsoluteTimesHoweverSlowTheAgents) {
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

TEST(WallClockTest, AMissingAgentIsMaskedAndItsDataPlaneKeepsWhatItSetLast) {
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

TEST(WallClockTest, ALateReplyIsDroppedAndTheNextStepGoesOnInStep) {
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

TEST(WallClockTest, GoesOnWithoutAnAgentThatLeftAndTakesItInWhenItIsBack) {
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

TEST(WallClockTest, OneThatIsAwayIsNotWaitedFor) {
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

TEST(WallClockTest, RoundsBeginOnTheBeatOfTheInterval) {
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

TEST(WallClockTest, WithReuseLastAMissingAgentRepeatsWhatItDidAndIsCounted) {
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

TEST(WallClockTest, WithWaitAStepWaitsForTheLateAndTheScheduleStays) {
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

TEST(WallClockTest, ASilentAgentLosesItsLeaseIsNamedAndIsTakenInWhenHeardAgain) {
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

TEST(WallClockTest, StallsWhenNobodyRepliesAnyMore) {
  v1::Experiment experiment = WallClock();
  experiment.mutable_barrier()->set_stall_after_seconds(1);
  TestRun run(experiment);
  run.agents.on_sent = [](const TestAgents::Sent& sent) { return !sent.message.has_step_request(); };
  const absl::Status status = run.Play();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("stalled: actor-0 (host n7, pid 4710) is late"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("actor-1 (host n7, pid 4711) is late"));
}

TEST(WallClockTest, ARoundStartsWithoutAnAgentThatLeavesBeforeItIsReady) {
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
