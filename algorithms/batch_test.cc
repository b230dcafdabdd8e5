#include "algorithms/batch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "algorithms/episode_for_test.h"
#include "algorithms/feature_scaling.h"

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

const BatchShape kShape{/*agents=*/2, /*servers=*/3, /*levels=*/4};

float RawObservation(const v1::Episode& episode, int64_t index) {
  return reinterpret_cast<const float*>(episode.observations().data())[index];
}

TEST(FeatureScaling, ThirtyTwoFlowsAndTenSecondsAreOne) {
  constexpr int kServers = 5;  // more values than a register holds, and some that do not fill one
  std::vector<float> raw(kServers * kFeatures, 0.0f), scaled(kServers * kPaperFeatures, -1.0f);
  raw[3 * kFeatures + kOpenFlows] = 32;
  for (int server = 0; server < kServers; ++server) {
    for (int feature = 1; feature < kPaperFeatures; ++feature) raw[server * kFeatures + feature] = server == 4 ? 10 : 0.02f * server;
  }
  ScaleFeatures(raw.data(), kServers, scaled.data());
  for (int server = 0; server < kServers; ++server) {
    EXPECT_EQ(scaled[server * kPaperFeatures + kOpenFlows], server == 3 ? 1.0f : 0.0f);
    const double expected = server == 4 ? 1 : std::log1p(20.0 * server) / std::log1p(10000.0);
    for (int feature = 1; feature < kPaperFeatures; ++feature) {
      EXPECT_NEAR(scaled[server * kPaperFeatures + feature], expected, 1e-6) << server << ' ' << feature;
    }
  }
}

TEST(Batch, TheActionOfAStepIsTheLastActionOfTheNextRow) {
  const std::vector<v1::Episode> episodes = {RandomEpisode(5, kShape, 3)};
  const Batch batch = MakeBatch(Pointers(episodes), SettingsFor(kShape));
  for (int64_t step = 0; step < 3; ++step) {
    for (int64_t agent = 0; agent < 2; ++agent) {
      const float* row = &batch.inputs[((step + 1) * 2 + agent) * kShape.input()];
      for (int64_t server = 0; server < 3; ++server) {
        const int chosen = episodes[0].levels()[(step * 2 + agent) * 3 + server];
        for (int level = 0; level < 4; ++level) {
          EXPECT_EQ(row[3 * kPaperFeatures + server * 4 + level], level == chosen ? 1.0f : 0.0f);
        }
      }
    }
  }
}

TEST(Batch, TheFirstRowHasNoLastAction) {
  const std::vector<v1::Episode> episodes = {RandomEpisode(5, kShape, 3)};
  const Batch batch = MakeBatch(Pointers(episodes), SettingsFor(kShape));
  for (int64_t agent = 0; agent < 2; ++agent) {
    for (int64_t i = 3 * kPaperFeatures; i < kShape.input(); ++i) EXPECT_EQ(batch.inputs[agent * kShape.input() + i], 0.0f);
  }
}

TEST(Batch, StateHoldsTheScaledObservationsOfAllAgentsAtTheSameRow) {
  const std::vector<v1::Episode> episodes = {RandomEpisode(1, kShape, 2), RandomEpisode(2, kShape, 2)};
  const Batch batch = MakeBatch(Pointers(episodes), SettingsFor(kShape));
  const int64_t step = 2, agent = 1, server = 2;
  const int64_t raw = ((step * 2 + agent) * 3 + server) * kFeatures;
  const int64_t state = (step * 2 + 1) * kShape.state() + (agent * 3 + server) * kPaperFeatures;
  EXPECT_FLOAT_EQ(batch.states[state], RawObservation(episodes[1], raw) / 32);
  const double milliseconds = 1e3 * RawObservation(episodes[1], raw + 1);
  EXPECT_NEAR(batch.states[state + 1], std::log1p(milliseconds) / std::log1p(10000.0), 1e-6);
}

TEST(Batch, ShorterEpisodesArePaddedAndMarkedNotCropped) {
  const std::vector<v1::Episode> episodes = {RandomEpisode(1, kShape, 2), RandomEpisode(2, kShape, 4)};
  const Batch batch = MakeBatch(Pointers(episodes), SettingsFor(kShape));
  EXPECT_EQ(batch.steps, 4);
  EXPECT_EQ(batch.valid, (std::vector<float>{1, 1, 1, 1, 0, 1, 0, 1}));
}

TEST(Batch, OnlyTheLastStepOfATerminatedEpisodeEndsTheTask) {
  std::vector<v1::Episode> episodes = {RandomEpisode(1, kShape, 2), RandomEpisode(2, kShape, 3)};
  episodes[0].set_terminated(true);
  const Batch batch = MakeBatch(Pointers(episodes), SettingsFor(kShape));
  EXPECT_EQ(batch.terminated, (std::vector<float>{0, 0, 1, 0, 0, 0}));
}

TEST(Batch, AMissingAgentIsNotPresentInItsStepOnly) {
  std::vector<v1::Episode> episodes = {RandomEpisode(1, kShape, 2)};
  (*episodes[0].mutable_mask())[1] = 0;
  EXPECT_EQ(MakeBatch(Pointers(episodes), SettingsFor(kShape)).present, (std::vector<float>{1, 0, 1, 1, 1, 1}));
}

TEST(Batch, EveryEpisodeCountsOnceUnlessItIsToldHowOften) {
  const std::vector<v1::Episode> episodes = {RandomEpisode(1, kShape, 2), RandomEpisode(2, kShape, 3)};
  EXPECT_EQ(MakeBatch(Pointers(episodes), SettingsFor(kShape)).importance, (std::vector<float>{1, 1}));
  EXPECT_EQ(MakeBatch(Pointers(episodes), SettingsFor(kShape), {0.5f, 2}).importance, (std::vector<float>{0.5f, 2}));
}

TEST(Batch, RowsOfSharedNetworksAreTheServerFeaturesOfTheStoredObservationsAndWeights) {
  const BatchShape shape{2, 3, 4, v1::Network::SHARED};
  std::vector<v1::Episode> episodes = {RandomEpisode(1, shape, 3), RandomEpisode(2, shape, 5)};
  std::vector<float> weights(5 * 2 * 3);
  for (size_t i = 0; i < weights.size(); ++i) weights[i] = 1 + 0.1f * i;
  episodes[1].set_weights(Bytes(weights));
  const Batch batch = MakeBatch(Pointers(episodes), SettingsFor(shape));
  EXPECT_TRUE(batch.states.empty());
  ServerFeatures::Options options;
  options.agent = 1;
  options.agents = 2;
  options.lbs_per_server = 2;  // as static arcs have it for two LBs
  options.nominal_weights = {1, 2, 1};
  ServerFeatures features(options);
  std::vector<float> expected(3 * kServerInputs);
  for (int64_t step = 0; step <= 5; ++step) {  // agent 1 of episode 1
    std::vector<float> raw;
    for (int64_t i = 0; i < 3 * kFeatures; ++i) raw.push_back(RawObservation(episodes[1], (step * 2 + 1) * 3 * kFeatures + i));
    features.Step(raw.data(), step == 0 ? nullptr : &weights[((step - 1) * 2 + 1) * 3], expected.data());
    const float* row = &batch.inputs[((step * 2 + 1) * 2 + 1) * shape.input()];
    EXPECT_EQ(std::vector<float>(row, row + shape.input()), expected) << step;
  }
}

TEST(CheckEpisodes, RefusesWeightsThatAreTooFew) {
  v1::Episode episode = RandomEpisode(9, kShape, 2);
  episode.set_weights(Bytes({1, 1}));
  const v1::Episode* pointer = &episode;
  EXPECT_THAT(std::string(CheckEpisodes(absl::MakeConstSpan(&pointer, 1), kShape).message()),
              HasSubstr("bytes of weights: expected 48, found 8"));
}

TEST(Batch, HeadRewardsLieAsTheLevelsDo) {
  std::vector<v1::Episode> episodes = {RandomEpisode(1, kShape, 2), RandomEpisode(2, kShape, 2)};
  EXPECT_TRUE(MakeBatch(Pointers(episodes), SettingsFor(kShape)).head_rewards.empty());
  for (v1::Episode& episode : episodes) {
    std::vector<float> values(2 * 6);
    for (size_t i = 0; i < values.size(); ++i) values[i] = 100.0f * episode.number() + i;
    episode.set_head_rewards(Bytes(values));
  }
  ASSERT_TRUE(CheckEpisodes(Pointers(episodes), kShape).ok());
  const Batch batch = MakeBatch(Pointers(episodes), SettingsFor(kShape));
  ASSERT_EQ(batch.head_rewards.size(), 2u * 2 * 6);
  EXPECT_EQ(batch.head_rewards[(1 * 2 + 0) * 6 + 4], 100 + 6 + 4);  // step 1 of the first
  EXPECT_EQ(batch.head_rewards[(1 * 2 + 1) * 6 + 5], 200 + 6 + 5);
}

TEST(CheckEpisodes, AcceptsWhatFits) {
  EXPECT_TRUE(CheckEpisodes(Pointers({RandomEpisode(1, kShape, 2)}), kShape).ok());
}

void ExpectRefused(const v1::Episode& episode, const std::string& what) {
  const v1::Episode* pointer = &episode;
  const absl::Status status = CheckEpisodes(absl::MakeConstSpan(&pointer, 1), kShape);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(what));
}

TEST(CheckEpisodes, RefusesAnotherNumberOfServersByName) {
  ExpectRefused(RandomEpisode(9, {2, 5, 4}, 2), "episode 9: servers: expected 3, found 5");
}

TEST(CheckEpisodes, RefusesAColumnThatIsTooShort) {
  v1::Episode episode = RandomEpisode(9, kShape, 2);
  episode.mutable_mask()->pop_back();
  ExpectRefused(episode, "bytes of mask: expected 4, found 3");
}

TEST(CheckEpisodes, RefusesALevelThatDoesNotExist) {
  v1::Episode episode = RandomEpisode(9, kShape, 2);
  (*episode.mutable_levels())[7] = 4;
  ExpectRefused(episode, "levels[7] is 4, expected below 4");
}

TEST(CheckEpisodes, RefusesARewardThatIsNotFinite) {
  v1::Episode episode = RandomEpisode(9, kShape, 2);
  episode.set_rewards(Bytes({0.5f, std::numeric_limits<float>::quiet_NaN()}));
  ExpectRefused(episode, "rewards[1] is nan");
}

TEST(CheckEpisodes, RefusesHeadRewardsThatDoNotFitOrThatSomeLack) {
  v1::Episode episode = RandomEpisode(9, kShape, 2);
  episode.set_head_rewards(Bytes({0.5f}));
  ExpectRefused(episode, "bytes of head_rewards: expected 48, found 4");
  episode.set_head_rewards(Bytes(std::vector<float>(12, std::numeric_limits<float>::infinity())));
  ExpectRefused(episode, "head_rewards[0] is inf");
  std::vector<v1::Episode> episodes = {RandomEpisode(8, kShape, 2), RandomEpisode(9, kShape, 2)};
  episodes[1].set_head_rewards(Bytes(std::vector<float>(12, 0.5f)));
  const absl::Status status = CheckEpisodes(Pointers(episodes), kShape);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("episode 9: bytes of head_rewards: expected some in all episodes"));
}

TEST(CheckEpisodes, RefusesAnEpisodeWithoutSteps) {
  v1::Episode episode = RandomEpisode(9, kShape, 1);
  episode.set_steps(0);
  ExpectRefused(episode, "has no step");
}

}  // namespace
}  // namespace evenkeel
