#include "experiments/topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace evenkeel {
namespace {

using testing::Contains;
using testing::ElementsAre;

std::vector<ProcessSpec> Plan(int lbs, bool learned, bool resume) {
  v1::Experiment experiment;
  experiment.mutable_topology()->set_lbs(lbs);
  TopologyOptions options;
  options.program = "/bin/evenkeel";
  options.run_folder = "/runs/x";
  options.learned = learned;
  options.resume = resume;
  return PlanProcesses(experiment, options);
}

std::vector<std::string> Names(const std::vector<ProcessSpec>& plan) {
  std::vector<std::string> names;
  for (const ProcessSpec& spec : plan) names.push_back(spec.name);
  return names;
}

TEST(TopologyTest, ALearnedAlgorithmNeedsEveryRole) {
  EXPECT_THAT(Names(Plan(2, true, false)),
              ElementsAre("replay", "coordinator", "learner", "actor-0", "actor-1"));
}

TEST(TopologyTest, AHeuristicNeedsNoLearnerAndNoReplay) {
  EXPECT_THAT(Names(Plan(1, false, false)), ElementsAre("coordinator", "actor-0"));
}

TEST(TopologyTest, EachProcessIsTheSameBinaryServingOneRole) {
  EXPECT_THAT(Plan(2, true, false)[4].arguments,
              ElementsAre("/bin/evenkeel", "serve", "actor", "--run=/runs/x", "--agent=1"));
}

TEST(TopologyTest, OnlyTheLearnerIsToldToResume) {
  for (const ProcessSpec& spec : Plan(2, true, true)) {
    const bool told = testing::Matches(Contains("--resume"))(spec.arguments);
    EXPECT_EQ(told, spec.name == "learner") << spec.name;
  }
}

TEST(TopologyTest, EveryProcessComputesOnOneThread) {
  for (const ProcessSpec& spec : Plan(2, true, false))
    EXPECT_THAT(spec.environment, Contains("OMP_NUM_THREADS=1"));
}

TEST(TopologyTest, ReplayOutlivesThoseWhoUseIt) {
  for (const ProcessSpec& spec : Plan(2, true, false))
    EXPECT_EQ(spec.stop_stage, spec.name == "replay" ? 1 : 0);
}

TEST(TopologyTest, AgentsAreDealtOutOverTheHostsBesideTheServices) {
  v1::Experiment experiment;
  experiment.mutable_topology()->set_lbs(5);
  std::map<int, std::vector<std::string>> names;
  for (int rank = 0; rank < 3; ++rank) {
    TopologyOptions options;
    options.program = "evenkeel";
    options.learned = true;
    options.share = {rank, 3, "198.18.8.1"};
    for (const ProcessSpec& spec : PlanProcesses(experiment, options)) {
      names[rank].push_back(spec.name);
      const bool listens = std::count(spec.arguments.begin(), spec.arguments.end(), "--listen=198.18.8.1:0") == 1;
      EXPECT_EQ(listens, rank == 0) << spec.name;
    }
  }
  EXPECT_THAT(names[0], testing::ElementsAre("replay", "coordinator", "learner"));
  EXPECT_THAT(names[1], testing::ElementsAre("actor-0", "actor-2", "actor-4"));
  EXPECT_THAT(names[2], testing::ElementsAre("actor-1", "actor-3"));
}

TEST(TopologyTest, AgentsShareProcessesAsTrainingAsksAndProcessesAreDealtOut) {
  v1::Experiment experiment;
  experiment.mutable_topology()->set_lbs(7);
  experiment.mutable_training()->set_agents_per_actor(3);
  TopologyOptions options;
  options.program = "evenkeel";
  options.run_folder = "/runs/x";
  const std::vector<ProcessSpec> plan = PlanProcesses(experiment, options);
  EXPECT_THAT(Names(plan), ElementsAre("coordinator", "actor-0-to-2", "actor-3-to-5", "actor-6"));
  EXPECT_THAT(plan[2].arguments, ElementsAre("evenkeel", "serve", "actor", "--run=/runs/x", "--agent=3", "--agents=3"));
  EXPECT_THAT(plan[3].arguments, ElementsAre("evenkeel", "serve", "actor", "--run=/runs/x", "--agent=6"));
  options.share = {1, 3, "198.18.8.1"};
  EXPECT_THAT(Names(PlanProcesses(experiment, options)), ElementsAre("actor-0-to-2", "actor-6"));
  options.share.rank = 2;
  EXPECT_THAT(Names(PlanProcesses(experiment, options)), ElementsAre("actor-3-to-5"));
}

}  // namespace
}  // namespace evenkeel
