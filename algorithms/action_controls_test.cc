#include "algorithms/action_controls.h"

#include <gtest/gtest.h>

#include <cmath>

#include "algorithms/episode_for_test.h"

namespace evenkeel {
namespace {

const BatchShape kShape{/*agents=*/4, /*servers=*/3, /*levels=*/2};

// Levels 1 and 1.5 crossed with biases -1, 0 and 2; all else as AgentExperiment.
v1::Experiment Crossed() {
  v1::Experiment experiment = AgentExperiment(kShape.levels);
  for (double bias : {-1.0, 0.0, 2.0}) experiment.mutable_agent()->add_bias_levels(bias);
  return experiment;
}

AgentSettings Resolved(const v1::Experiment& experiment) {
  return ResolveAgentSettings(ContextFor(kShape, experiment), 8).value();
}

std::vector<float> Raw(const std::vector<float>& mean_open_flows, const std::vector<float>& available = {1, 1, 1}) {
  std::vector<float> raw(kShape.servers * kFeatures);
  for (int64_t j = 0; j < kShape.servers; ++j) {
    raw[j * kFeatures + kMeanOpenFlows] = mean_open_flows[j];
    raw[j * kFeatures + kAvailable] = available[j];
  }
  return raw;
}

BaseControls Base(std::vector<float> weights, double lbs_per_server) {
  BaseControls base;
  base.weights = std::move(weights);
  base.lbs_per_server = lbs_per_server;
  return base;
}

TEST(ActionControls, ALevelIsAPairOfAWeightAndABias) {
  const AgentSettings settings = Resolved(Crossed());
  EXPECT_EQ(settings.shape.levels, 6);
  ActionControls controls(settings);
  v1::Action action;
  const std::vector<uint8_t> levels = {0, 4, 5};  // (1, -1), (1.5, 0), (1.5, 2)
  controls.Step(Raw({9, 9, 9}).data(), Base({1, 2, 3}, 4), levels, &action);
  ASSERT_EQ(action.controls().servers_size(), 3);
  EXPECT_EQ(action.controls().mode(), v1::SHORTEST_EXPECTED_DELAY);
  EXPECT_EQ(action.controls().servers(0).weight(), 1);
  EXPECT_EQ(action.controls().servers(0).bias(), -1);
  EXPECT_EQ(action.controls().servers(1).weight(), 3);
  EXPECT_EQ(action.controls().servers(1).bias(), 0);
  EXPECT_EQ(action.controls().servers(2).weight(), 4.5);
  EXPECT_EQ(action.controls().servers(2).bias(), 2);
  EXPECT_EQ(std::vector<int>(action.levels().begin(), action.levels().end()), (std::vector<int>{0, 4, 5}));
}

TEST(ActionControls, TheAverageCountStandsForThatOfEachOtherLbOfTheServer) {
  v1::Experiment experiment = AgentExperiment(kShape.levels);
  experiment.mutable_agent()->set_own_average_gain(0.5);
  const AgentSettings settings = Resolved(experiment);
  ActionControls controls(settings);
  v1::Action action;
  const std::vector<uint8_t> levels = {0, 0, 0};
  double average = 0;
  for (int step = 1; step <= 5; ++step) {
    controls.Step(Raw({8.0f * step, 0, 0}).data(), Base({1, 1, 1}, 3), levels, &action);
    average += (1 - std::exp(-0.25 / 2)) * (8.0 * step - average);
    EXPECT_NEAR(action.controls().servers(0).bias(), 0.5 * (3 - 1) * average, 1e-4) << step;
    EXPECT_EQ(action.controls().servers(1).bias(), 0);
  }
}

TEST(ActionControls, AServerThatIsNotAvailableGetsNoWeight) {
  const AgentSettings settings = Resolved(AgentExperiment(kShape.levels));
  ActionControls controls(settings);
  v1::Action action;
  const std::vector<uint8_t> levels = {1, 1, 1};
  controls.Step(Raw({1, 1, 1}, {1, 0, 1}).data(), Base({1, 1, 1}, 4), levels, &action);
  EXPECT_EQ(action.controls().servers(0).weight(), 1.5);
  EXPECT_EQ(action.controls().servers(1).weight(), 0);
}

TEST(ActionControls, WhereNoServerIsAvailableTheWeightsStayAsChosen) {
  const AgentSettings settings = Resolved(AgentExperiment(kShape.levels));
  ActionControls controls(settings);
  v1::Action action;
  const std::vector<uint8_t> levels = {1, 0, 1};
  controls.Step(Raw({1, 1, 1}, {0, 0, 0}).data(), Base({1, 1, 1}, 4), levels, &action);
  EXPECT_EQ(action.controls().servers(1).weight(), 1);
}

TEST(ActionControls, ExchangeIsAskedForOnlyWhereAgentsShareTheirCounts) {
  v1::Experiment experiment = AgentExperiment(kShape.levels);
  experiment.mutable_agent()->set_exchange_gain(0.7);
  experiment.mutable_agent()->set_exchange_smoothing(0.9);
  for (bool exchange : {false, true}) {
    experiment.mutable_agent()->set_exchange(exchange);
    const AgentSettings settings = Resolved(experiment);
    ActionControls controls(settings);
    v1::Action action;
    const std::vector<uint8_t> levels = {0, 0, 0};
    controls.Step(Raw({1, 1, 1}).data(), Base({1, 1, 1}, 4), levels, &action);
    EXPECT_FLOAT_EQ(action.controls().exchange_gain(), exchange ? 0.7f : 0);
    EXPECT_FLOAT_EQ(action.controls().exchange_smoothing(), exchange ? 0.9f : 0);
  }
}

TEST(AgentSettings, MoreThan256PairsOfLevelsAreRefused) {
  v1::Experiment experiment = AgentExperiment(20);
  for (int bias = 0; bias < 13; ++bias) experiment.mutable_agent()->add_bias_levels(bias);
  const absl::Status status = ResolveAgentSettings(ContextFor(kShape, experiment), 8).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("is 260, expected 1 to 256"), absl::string_view::npos) << status;
}

TEST(AgentSettings, AnUnsetNetworkOrBaseWeightIsRefusedByName) {
  v1::Experiment no_network = AgentExperiment(2), no_base = AgentExperiment(2);
  no_network.mutable_algorithm()->mutable_network()->clear_kind();
  no_base.mutable_agent()->clear_base_weight();
  EXPECT_NE(ResolveAgentSettings(ContextFor(kShape, no_network), 8).status().message().find("algorithm.network.kind is not set"),
            absl::string_view::npos);
  EXPECT_NE(ResolveAgentSettings(ContextFor(kShape, no_base), 8).status().message().find("agent.base_weight"),
            absl::string_view::npos);
}

}  // namespace
}  // namespace evenkeel
