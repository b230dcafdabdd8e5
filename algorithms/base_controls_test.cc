#include "algorithms/base_controls.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

namespace evenkeel {
namespace {

// The sum over all LBs of what their arcs cover of each server.
std::vector<double> Covered(const std::vector<float>& capacities, int agents, double lbs_per_server) {
  std::vector<double> covered(capacities.size());
  for (int agent = 0; agent < agents; ++agent) {
    const std::vector<double> overlap = ArcOverlap(capacities, agent, agents, lbs_per_server);
    for (size_t j = 0; j < covered.size(); ++j) covered[j] += overlap[j];
  }
  return covered;
}

int Above0(const std::vector<double>& overlap) {
  int count = 0;
  for (double value : overlap) count += value > 0;
  return count;
}

v1::Experiment WithBase(v1::Agent::BaseWeight base) {
  v1::Experiment experiment;
  experiment.mutable_agent()->set_base_weight(base);
  experiment.mutable_algorithm()->mutable_arc()->set_lbs_per_server(2);
  return experiment;
}

// LB 0 of 4 before 4 servers, the arc two of the four LBs wide.
PolicyContext ContextOf(const v1::Experiment& experiment) {
  PolicyContext context;
  context.experiment = &experiment;
  context.agents = 4;
  context.servers = 4;
  context.nominal_weights = {1, 1, 2, 4};
  return context;
}

// affinity.md section 1.
TEST(BaseControlsTest, TheDefaultNumberOfLbsPerServerIsThatOfTheReference) {
  EXPECT_EQ(DefaultLbsPerServer(1), 1);
  EXPECT_EQ(DefaultLbsPerServer(2), 2);
  EXPECT_EQ(DefaultLbsPerServer(6), 3);
  EXPECT_EQ(DefaultLbsPerServer(16), 5);
  EXPECT_EQ(DefaultLbsPerServer(64), 8);
}

TEST(BaseControlsTest, ASetNumberOfLbsPerServerIsAtMostAllOfThem) {
  v1::Arc settings;
  EXPECT_EQ(LbsPerServer(settings, 6), 3);
  settings.set_lbs_per_server(4.5);
  EXPECT_EQ(LbsPerServer(settings, 6), 4.5);
  EXPECT_EQ(LbsPerServer(settings, 3), 3);
}

TEST(BaseControlsTest, AllArcsTogetherCoverEveryServerByItsShareTimesTheLbsPerServer) {
  const std::vector<float> capacities = {4, 4, 4, 8, 8, 0, 4};
  for (const auto& [agents, k] : {std::make_pair(1, 1.0), {2, 2.0}, {6, 3.0}, {16, 4.5}, {6, 3.66}, {64, 8.0}}) {
    const std::vector<double> covered = Covered(capacities, agents, k);
    for (size_t j = 0; j < capacities.size(); ++j) {
      EXPECT_NEAR(covered[j], k * capacities[j] / 32, 1e-9) << agents << " LBs, server " << j;
    }
  }
}

TEST(BaseControlsTest, EveryArcIsAsLongAsEveryOther) {
  for (int agent = 0; agent < 6; ++agent) {
    const std::vector<double> overlap = ArcOverlap({1, 2, 3, 4, 5}, agent, 6, 3);
    EXPECT_NEAR(std::accumulate(overlap.begin(), overlap.end(), 0.0), 0.5, 1e-9);
  }
}

TEST(BaseControlsTest, AnArcHoldsPartOfTheServersAndDiffersFromItsNeighbours) {
  const std::vector<float> capacities(24, 1);
  const std::vector<double> first = ArcOverlap(capacities, 0, 64, 8);
  EXPECT_LE(Above0(first), 4);  // 1/8 of 24 servers, and a cut one at an end
  EXPECT_GE(Above0(first), 3);
  EXPECT_NE(first, ArcOverlap(capacities, 1, 64, 8));
}

TEST(BaseControlsTest, AnArcMixesTheGroupsOfTheTopology) {
  std::vector<float> capacities(24, 4);
  std::fill(capacities.begin() + 12, capacities.end(), 8.0f);
  for (int agent = 0; agent < 6; ++agent) {
    const std::vector<double> overlap = ArcOverlap(capacities, agent, 6, 3);
    const double small = std::accumulate(overlap.begin(), overlap.begin() + 12, 0.0);
    EXPECT_NEAR(small, 0.5 / 3, 0.04) << agent;  // a third of the capacity, give or take one server
  }
}

TEST(BaseControlsTest, OneForAllNeedsNoCapacities) {
  const v1::Experiment experiment = WithBase(v1::Agent::ONE);
  const auto base = MakeBaseControls(ContextOf(experiment), {1, 1, 1, 1});
  ASSERT_TRUE(base.ok()) << base.status();
  EXPECT_EQ(base->weights, (std::vector<float>{1, 1, 1, 1}));
  EXPECT_EQ(base->lbs_per_server, 4);
}

TEST(BaseControlsTest, NominalIsWhatTheOperatorBelieves) {
  const v1::Experiment experiment = WithBase(v1::Agent::NOMINAL);
  EXPECT_EQ(MakeBaseControls(ContextOf(experiment), {1, 1, 1, 1})->weights, (std::vector<float>{1, 1, 2, 4}));
}

TEST(BaseControlsTest, ArcsAreCutAnewWithoutTheServersThatLeft) {
  const v1::Experiment experiment = WithBase(v1::Agent::ARC);
  PolicyContext context = ContextOf(experiment);
  for (context.agent = 0; context.agent < 4; ++context.agent) {
    const auto base = MakeBaseControls(context, {0, 1, 1, 0});
    ASSERT_TRUE(base.ok()) << base.status();
    EXPECT_EQ(base->lbs_per_server, 2);
    EXPECT_EQ(base->weights[0], 0);
    EXPECT_EQ(base->weights[3], 0);
    EXPECT_NEAR(base->weights[1] + base->weights[2], 0.5, 1e-6) << context.agent;
  }
}

TEST(BaseControlsTest, WhereNoServerIsAvailableAllCountAsThere) {
  const v1::Experiment experiment = WithBase(v1::Agent::ARC);
  const PolicyContext context = ContextOf(experiment);
  EXPECT_EQ(MakeBaseControls(context, {0, 0, 0, 0})->weights,
            MakeBaseControls(context, {1, 1, 1, 1})->weights);
}

TEST(BaseControlsTest, AnUnsetBaseWeightIsRefusedByName) {
  const v1::Experiment experiment = WithBase(v1::Agent::UNSET);
  const absl::Status status = MakeBaseControls(ContextOf(experiment), {1, 1, 1, 1}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("agent.base_weight"), std::string::npos);
}

}  // namespace
}  // namespace evenkeel
