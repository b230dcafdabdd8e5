#include "coordinator/world_host.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "coordinator/test_agents.h"

namespace evenkeel {
namespace {

TEST(TrainingTraceSeedTest, DiffersByEpisodeAndNeverMeetsAHeldOutSeed) {
  EXPECT_NE(TrainingTraceSeed(1, 0), TrainingTraceSeed(1, 1));
  EXPECT_NE(TrainingTraceSeed(1, 0), TrainingTraceSeed(2, 0));
  for (uint64_t episode = 0; episode < 1000; ++episode) {
    EXPECT_GE(TrainingTraceSeed(1, episode), uint64_t{1} << 63);
  }
}

TEST(WorldHostTest, EveryAgentHasItsOwnObservationOfEveryWorld) {
  auto host = WorldHost::Create(SmallExperiment(), 0, 3);
  ASSERT_TRUE(host.ok()) << host.status();
  (*host)->AdvanceTo(0.5);
  ASSERT_TRUE((*host)->Observe().ok());
  for (int agent = 0; agent < 2; ++agent) {
    for (int w = 0; w < 3; ++w) EXPECT_EQ((*host)->observation(w, agent).open_flows_size(), 3);
    EXPECT_NE((*host)->observation(0, agent).SerializeAsString(),
              (*host)->observation(1, agent).SerializeAsString());
  }
  EXPECT_NE((*host)->observation(0, 0).SerializeAsString(), (*host)->observation(0, 1).SerializeAsString());
}

TEST(WorldHostTest, AWorldDoesNotDependOnTheWorldsBesideIt) {
  auto alone = WorldHost::Create(SmallExperiment(), 5, 1);
  auto beside = WorldHost::Create(SmallExperiment(), 4, 3);
  ASSERT_TRUE(alone.ok() && beside.ok());
  EXPECT_EQ((*alone)->trace_seed(0), (*beside)->trace_seed(1));
  (*alone)->AdvanceTo(1);
  (*beside)->AdvanceTo(1);
  ASSERT_TRUE((*alone)->Observe().ok() && (*beside)->Observe().ok());
  EXPECT_EQ((*alone)->observation(0, 1).SerializeAsString(),
            (*beside)->observation(1, 1).SerializeAsString());
}

TEST(WorldHostTest, OnlyTheRewardThatNeedsTwinsHasThem) {
  v1::Experiment experiment = SmallExperiment();
  auto without = WorldHost::Create(experiment, 0, 2);
  experiment.mutable_reward()->set_kind(v1::Reward::SED_TWIN);
  auto with = WorldHost::Create(experiment, 0, 2);
  ASSERT_TRUE(without.ok() && with.ok());
  for (int w = 0; w < 2; ++w) {
    EXPECT_EQ((*without)->twin(w).size(), 0u);
    EXPECT_EQ((*with)->twin(w).size(), 2u);
  }
}

TEST(WorldHostTest, TheCostsAreThoseOfTheStep) {
  v1::Experiment experiment = SmallExperiment();
  experiment.mutable_reward()->set_kind(v1::Reward::NEGATIVE_REGRET);
  auto host = WorldHost::Create(experiment, 0, 2);
  ASSERT_TRUE(host.ok()) << host.status();
  (*host)->SetFactors(1, 0, {1, 0.1f, 10});
  (*host)->AdvanceTo(20);
  ASSERT_TRUE((*host)->Observe().ok());
  EXPECT_GT((*host)->costs(0).regret_s, 0);
  EXPECT_NE((*host)->costs(0).regret_s, (*host)->costs(1).regret_s);
  EXPECT_EQ((*host)->costs(0).gains_s, std::vector<float>(2 * 3));
  const std::vector<float>& gains = (*host)->costs(1).gains_s;
  ASSERT_EQ(gains.size(), 2u * 3u);
  EXPECT_EQ(gains[0], 0);
  EXPECT_NE(gains[1], 0);
  EXPECT_NE(gains[2], 0);
  EXPECT_EQ(std::vector<float>(gains.begin() + 3, gains.end()), std::vector<float>(3));
  ASSERT_TRUE((*host)->Observe().ok());  // a step of no time
  EXPECT_EQ((*host)->costs(1).regret_s, 0);
  EXPECT_EQ((*host)->costs(1).gains_s, std::vector<float>(6));
}

TEST(WorldHostTest, ATwinSeesTheSameArrivalsUnderSedWhateverIsSet) {
  v1::Experiment experiment = SmallExperiment();
  experiment.mutable_reward()->set_kind(v1::Reward::SED_TWIN);
  auto left_alone = WorldHost::Create(experiment, 3, 1);
  auto acted_on = WorldHost::Create(experiment, 3, 1);
  ASSERT_TRUE(left_alone.ok() && acted_on.ok());
  v1::Controls controls;
  for (float weight : {1.0f, 5.0f, 1.0f}) controls.add_servers()->set_weight(weight);
  ASSERT_TRUE((*acted_on)->Apply(0, 0, controls).ok());
  ASSERT_TRUE((*acted_on)->Apply(0, 1, controls).ok());
  bool worlds_differ = false;
  for (int step = 1; step < 8; ++step) {
    for (auto* host : {left_alone->get(), acted_on->get()}) {
      host->AdvanceTo(0.25 * step);
      ASSERT_TRUE(host->Observe().ok());
    }
    for (int agent = 0; agent < 2; ++agent) {
      const v1::Observation& twin = *(*acted_on)->twin(0)[agent];
      EXPECT_EQ(twin.SerializeAsString(), (*left_alone)->twin(0)[agent]->SerializeAsString());
      // A world that nobody acts on is its own twin.
      const v1::Observation& world = (*left_alone)->observation(0, agent);
      for (int j = 0; j < 3; ++j) EXPECT_EQ(twin.mean_open_flows(j), world.mean_open_flows(j));
      worlds_differ |= (*acted_on)->observation(0, agent).mean_open_flows(1) != twin.mean_open_flows(1);
    }
  }
  EXPECT_TRUE(worlds_differ);
}

TEST(WorldHostTest, CountsAreExchangedInEveryWorldWhereTheAgentsAsk) {
  v1::Experiment experiment = SmallExperiment();
  experiment.mutable_agent()->set_exchange(true);
  experiment.mutable_topology()->mutable_exchange()->set_period_seconds(0.25);
  experiment.mutable_topology()->mutable_exchange()->set_staggered(false);
  auto host = WorldHost::Create(experiment, 0, 2);
  ASSERT_TRUE(host.ok()) << host.status();
  (*host)->AdvanceTo(0.5);
  ASSERT_TRUE((*host)->Observe().ok());
  for (int w = 0; w < 2; ++w) {
    const v1::Observation& zero = (*host)->observation(w, 0);
    ASSERT_EQ(zero.others_open_flows_size(), 3);
    for (int j = 0; j < 3; ++j) {
      EXPECT_EQ(zero.others_open_flows(j), (*host)->observation(w, 1).open_flows(j));
    }
  }
}

TEST(WorldHostTest, AnExperimentThatIsNoWorldIsRefused) {
  v1::Experiment experiment = SmallExperiment();
  experiment.mutable_topology()->clear_servers();
  EXPECT_EQ(WorldHost::Create(experiment, 0, 1).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace evenkeel
