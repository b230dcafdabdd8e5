#include "algorithms/value_learning/target_cache.h"

#include <gtest/gtest.h>

#include "algorithms/learned_policy.h"
#include "algorithms/value_learning/value_for_test.h"
#include "common/rng.h"

namespace evenkeel {
namespace {

constexpr size_t kPlenty = 1 << 20;

class TargetCaches : public ::testing::TestWithParam<v1::Network::Kind> {
 protected:
  std::vector<float> Parameters(uint64_t seed) const { return AgentLayout(settings_).Initial(Rng(seed)); }

  // Of a cache that knows nothing.
  std::vector<float> Fresh(const std::vector<const v1::Episode*>& episodes, int64_t threads = 1) const {
    TargetCache cache(settings_, kPlenty);
    cache.Renew(Parameters(1));
    cache.Prepare(episodes, threads);
    return cache.ValuesOf(episodes);
  }

  const v1::Experiment experiment_ = ValueExperiment(GetParam());
  const AgentSettings settings_ = SettingsOf(experiment_).agent;
  const std::vector<v1::Episode> episodes_ = FourEpisodes();
};

TEST_P(TargetCaches, AnEpisodeIsComputedOncePerTargetNetworkHoweverOftenItIsDrawn) {
  TargetCache cache(settings_, kPlenty);
  cache.Renew(Parameters(1));
  cache.Prepare({&episodes_[0], &episodes_[1], &episodes_[0]}, 1);
  EXPECT_EQ(cache.computed(), 2u);
  cache.Prepare({&episodes_[1], &episodes_[2], &episodes_[0]}, 1);
  EXPECT_EQ(cache.computed(), 3u);
  cache.Renew(Parameters(2));
  cache.Prepare({&episodes_[1]}, 1);
  EXPECT_EQ(cache.computed(), 4u);
  EXPECT_NE(cache.ValuesOf({&episodes_[1]}), Fresh({&episodes_[1]}));
}

TEST_P(TargetCaches, KeptValuesAreTheBitsOfComputedOnesWhateverElseIsDrawn) {
  TargetCache cache(settings_, kPlenty);
  cache.Renew(Parameters(1));
  for (const v1::Episode& episode : episodes_) cache.Prepare({&episode}, 1);
  cache.Prepare(Pointers(episodes_), 1);
  EXPECT_EQ(cache.computed(), episodes_.size());
  EXPECT_EQ(cache.ValuesOf(Pointers(episodes_)), Fresh(Pointers(episodes_)));
}

TEST_P(TargetCaches, TheNumberOfThreadsMakesNoDifference) {
  EXPECT_EQ(Fresh(Pointers(episodes_), 3), Fresh(Pointers(episodes_), 1));
}

TEST_P(TargetCaches, BeyondTheCapacityTheEarliestGoAndNothingChangesInTheValues) {
  // The four episodes have 6, 8, 10 and 12 rows.
  const size_t row = sizeof(float) * kTestAgents * kTestServers * kTestLevels;
  TargetCache cache(settings_, 18 * row);
  cache.Renew(Parameters(1));
  cache.Prepare(Pointers(episodes_), 1);
  EXPECT_EQ(cache.ValuesOf(Pointers(episodes_)), Fresh(Pointers(episodes_)));
  EXPECT_LE(cache.kept_bytes(), 18 * row);
  EXPECT_GT(cache.kept_bytes(), 0u);
  cache.Prepare({&episodes_[3]}, 1);
  EXPECT_EQ(cache.computed(), 4u) << "the latest was not kept";
  cache.Prepare({&episodes_[0]}, 1);
  EXPECT_EQ(cache.computed(), 5u) << "the earliest was kept";
}

TEST_P(TargetCaches, AStretchOfAnEpisodeIsNotTakenForAnotherWithItsNumber) {
  v1::Episode other = RandomEpisode(9, kTestShape, episodes_[0].steps());
  other.set_number(episodes_[0].number());
  TargetCache cache(settings_, kPlenty);
  cache.Renew(Parameters(1));
  cache.Prepare({&episodes_[0]}, 1);
  cache.Prepare({&other}, 1);
  EXPECT_EQ(cache.ValuesOf({&other}), Fresh({&other}));
  EXPECT_NE(cache.ValuesOf({&other}), Fresh({&episodes_[0]}));
}

INSTANTIATE_TEST_SUITE_P(Kinds, TargetCaches, ::testing::Values(v1::Network::PAPER, v1::Network::SHARED),
                         [](const auto& info) { return v1::Network::Kind_Name(info.param); });

}  // namespace
}  // namespace evenkeel
