#include "coordinator/coordinator_loop.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "common/observation_features.h"
#include "coordinator/loop_for_test.h"
#include "coordinator/reward.h"

namespace evenkeel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

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
    const size_t heads = GlobalReward::HasHeadRewards(experiment.reward().kind()) ? 2 * 3 : 0;
    EXPECT_EQ(run.sink.episodes[0].head_rewards().size(), kSteps * heads * sizeof(float)) << v1::Reward::Kind_Name(kind);
  }
}

TEST(CoordinatorLoopTest, HeadsArePaidByTheFactorsOfTheLevelsThatTheirAgentsChose) {
  const auto some_are_paid = [](const v1::Experiment& experiment) {
    TestRun run(experiment);
    EXPECT_TRUE(run.Play().ok());
    bool some = false;
    for (const v1::Episode& episode : run.sink.episodes) {
      std::vector<float> rewards(episode.head_rewards().size() / sizeof(float));
      std::memcpy(rewards.data(), episode.head_rewards().data(), rewards.size() * sizeof(float));
      for (float reward : rewards) some |= reward != 0;
    }
    return some;
  };
  v1::Experiment experiment = SmallExperiment();
  experiment.mutable_reward()->set_kind(v1::Reward::NEGATIVE_REGRET);
  EXPECT_TRUE(some_are_paid(experiment));
  for (double& level : *experiment.mutable_agent()->mutable_action_levels()) level = 1;
  EXPECT_FALSE(some_are_paid(experiment));
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

}  // namespace
}  // namespace evenkeel
