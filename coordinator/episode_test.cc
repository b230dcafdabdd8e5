#include "coordinator/episode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace evenkeel {
namespace {

using ::testing::ElementsAre;

v1::Observation Filled(int servers, float first) {
  v1::Observation observation;
  for (int server = 0; server < servers; ++server) {
    const float value = first + 10 * server;
    observation.add_open_flows(value);
    observation.add_flow_duration_mean(value + 1);
    observation.add_flow_duration_p90(value + 2);
    observation.add_flow_duration_std(value + 3);
    observation.add_flow_duration_mean_decayed(value + 4);
    observation.add_flow_duration_p90_decayed(value + 5);
    observation.add_mean_open_flows(value + 6);
    observation.add_flows_sent(value + 7);
    observation.add_flows_finished(value + 8);
    observation.add_flow_duration_sum(value + 9);
    observation.add_others_open_flows(value + 10);
    observation.add_available(1);
  }
  return observation;
}

v1::Action Weights(const std::vector<float>& weights, const std::vector<uint32_t>& levels = {}) {
  v1::Action action;
  for (float weight : weights) action.mutable_controls()->add_servers()->set_weight(weight);
  for (uint32_t level : levels) action.add_levels(level);
  return action;
}

std::vector<float> Floats(const std::string& column) {
  std::vector<float> values(column.size() / sizeof(float));
  std::memcpy(values.data(), column.data(), column.size());
  return values;
}

std::vector<int> Bytes(const std::string& column) { return std::vector<int>(column.begin(), column.end()); }

TEST(JointTransitionTest, AMaskedAgentRepeatsWhatItSetLast) {
  JointTransition joint(2, {1.0f, 2.0f});
  joint.BeginStep();
  joint.Take(0, Weights({1.4f, 1.6f}, {2, 3}));
  EXPECT_THAT(joint.mask(), ElementsAre(1, 0));
  EXPECT_THAT(joint.weights(), ElementsAre(1.4f, 1.6f, 1.0f, 2.0f));
  EXPECT_THAT(joint.levels(), ElementsAre(2, 3, 0, 0));

  joint.BeginStep();
  joint.Take(1, Weights({1.8f, 2.0f}, {4, 5}));
  EXPECT_THAT(joint.mask(), ElementsAre(0, 1));
  EXPECT_THAT(joint.weights(), ElementsAre(1.4f, 1.6f, 1.8f, 2.0f));
  EXPECT_THAT(joint.levels(), ElementsAre(2, 3, 4, 5));
}

TEST(JointTransitionTest, RefusesActionsThatDoNotFit) {
  EXPECT_TRUE(JointTransition::Validate(Weights({1, 1}, {0, 5}), 2, 6).ok());
  EXPECT_TRUE(JointTransition::Validate(Weights({1, 1}), 2, 6).ok());
  EXPECT_FALSE(JointTransition::Validate(Weights({1}), 2, 6).ok());
  EXPECT_FALSE(JointTransition::Validate(Weights({1, 1}, {0}), 2, 6).ok());
  EXPECT_FALSE(JointTransition::Validate(Weights({1, 1}, {0, 6}), 2, 6).ok());
  EXPECT_FALSE(JointTransition::Validate(Weights({1, 1}, {0, 256}), 2, 1000).ok());
}

TEST(EpisodeBuilderTest, LaysTheColumnsOutAsTransitionProtoSays) {
  EpisodeBuilder builder(2, 1, 1);
  const v1::Observation a0 = Filled(1, 100), b0 = Filled(1, 200), a1 = Filled(1, 300), b1 = Filled(1, 400);
  JointTransition joint(2, {1.0f});
  builder.Observe(std::vector<const v1::Observation*>{&a0, &b0});
  joint.BeginStep();
  joint.Take(1, Weights({1.2f}, {1}));
  builder.Act(joint, 0.5);
  builder.Observe(std::vector<const v1::Observation*>{&a1, &b1});
  const v1::Episode episode = std::move(builder).Finish();

  EXPECT_EQ(episode.steps(), 1u);
  EXPECT_EQ(episode.agents(), 2u);
  EXPECT_EQ(episode.servers(), 1u);
  EXPECT_EQ(episode.features(), 12u);
  EXPECT_THAT(
      Floats(episode.observations()),
      ElementsAre(100, 101, 102, 103, 104, 105, 106, 107, 108, 109, 110, 1,  // row 0: agent 0
                  200, 201, 202, 203, 204, 205, 206, 207, 208, 209, 210, 1,  // agent 1
                  300, 301, 302, 303, 304, 305, 306, 307, 308, 309, 310, 1,  // row 1
                  400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 1));
  EXPECT_THAT(Bytes(episode.levels()), ElementsAre(0, 1));
  EXPECT_THAT(Floats(episode.weights()), ElementsAre(1.0f, 1.2f));
  EXPECT_THAT(Floats(episode.rewards()), ElementsAre(0.5f));
  EXPECT_THAT(Bytes(episode.mask()), ElementsAre(0, 1));
  EXPECT_FALSE(episode.terminated());
}

TEST(EpisodeBuilderTest, CountsMissedStepsAndAveragesTheReward) {
  EpisodeBuilder builder(2, 1, 2);
  const v1::Observation seen = Filled(1, 0);
  const std::vector<const v1::Observation*> both = {&seen, &seen};
  JointTransition joint(2, {1.0f});
  builder.Observe(both);
  EXPECT_EQ(builder.reward_mean(), 0);
  joint.BeginStep();
  builder.Act(joint, 1);
  builder.Observe(both);
  joint.BeginStep();
  joint.Take(0, Weights({1}));
  builder.Act(joint, 2);
  EXPECT_EQ(builder.missed_steps(), 3u);
  EXPECT_DOUBLE_EQ(builder.reward_mean(), 1.5);
}

}  // namespace
}  // namespace evenkeel
