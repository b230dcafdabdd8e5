#include "coordinator/world_host.h"

#include <gtest/gtest.h>

#include <string>

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

TEST(WorldHostTest, AsksEveryAgentWithItsOwnObservationOfEveryWorld) {
  auto host = WorldHost::Create(SmallExperiment(), 0, 3);
  ASSERT_TRUE(host.ok()) << host.status();
  (*host)->AdvanceTo(0.5);
  ASSERT_TRUE((*host)->Observe().ok());
  for (int agent = 0; agent < 2; ++agent) {
    const v1::StepRequest& request = (*host)->request(agent)->step_request();
    ASSERT_EQ(request.observations_size(), 3);
    for (int w = 0; w < 3; ++w) {
      EXPECT_EQ(request.observations(w).open_flows_size(), 3);
      EXPECT_EQ(&request.observations(w), &(*host)->observation(w, agent));
    }
    EXPECT_NE(request.observations(0).SerializeAsString(), request.observations(1).SerializeAsString());
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

TEST(WorldHostTest, AnExperimentThatIsNoWorldIsRefused) {
  v1::Experiment experiment = SmallExperiment();
  experiment.mutable_topology()->clear_servers();
  EXPECT_EQ(WorldHost::Create(experiment, 0, 1).status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace evenkeel
