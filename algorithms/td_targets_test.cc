#include "algorithms/td_targets.h"

#include <gtest/gtest.h>

namespace evenkeel {
namespace {

// One episode of four steps beside one of two, rewards and next values as given in [T, B] order.
Batch TwoEpisodes() {
  Batch batch;
  batch.episodes = 2;
  batch.steps = 4;
  batch.rewards = {1, 5, 2, 6, 3, 0, 4, 0};
  batch.valid = {1, 1, 1, 1, 1, 0, 1, 0};
  batch.terminated = {0, 0, 0, 0, 0, 0, 0, 0};
  return batch;
}

const std::vector<float> kNextValues = {10, 50, 20, 60, 30, 99, 40, 99};

TEST(TdTargets, AHeadsOwnRewardCountsForItsValueAndForNoMixedOne) {
  Batch batch = TwoEpisodes();
  batch.head_rewards.assign(2 * batch.rewards.size(), 0);
  batch.head_rewards[2 * 2 + 1] = 7;  // step 1 of the first episode, second of two heads
  std::vector<float> of_heads(2 * batch.rewards.size(), 10);
  std::vector<float> expected(of_heads.size(), 5);
  expected[5] = 12;
  for (int row : {5, 7}) expected[2 * row] = expected[2 * row + 1] = 0;  // padding
  EXPECT_EQ(TdTargets(batch, of_heads, 0.5f, 0), expected);
  EXPECT_EQ(TdTargets(batch, kNextValues, 0.5f, 0), TdTargets(TwoEpisodes(), kNextValues, 0.5f, 0));
}

TEST(TdTargets, OneStepTargetsUseTheValueOfTheNextRow) {
  // 1 + 0.5 x 10, 2 + 0.5 x 20, ...; the cut episodes bootstrap from their last row.
  EXPECT_EQ(TdTargets(TwoEpisodes(), kNextValues, 0.5f, 0),
            (std::vector<float>{6, 30, 12, 36, 18, 0, 24, 0}));
}

TEST(TdTargets, NothingFollowsATerminatedEpisode) {
  Batch batch = TwoEpisodes();
  batch.terminated[6] = 1;
  batch.terminated[3] = 1;
  EXPECT_EQ(TdTargets(batch, kNextValues, 0.5f, 0), (std::vector<float>{6, 30, 12, 6, 18, 0, 4, 0}));
}

TEST(TdTargets, LambdaMixesTheNextTargetIn) {
  // Episode 0 backwards: G3 = 4 + .5x40 = 24; G2 = 3 + .5(.5x30 + .5x24) = 16.5; G1 = 2 + .5(10 + 8.25) = 11.125;
  // G0 = 1 + .5(5 + 5.5625) = 6.28125. Episode 1: G1 = 6 + .5x60 = 36; G0 = 5 + .5(25 + 18) = 26.5.
  EXPECT_EQ(TdTargets(TwoEpisodes(), kNextValues, 0.5f, 0.5f),
            (std::vector<float>{6.28125f, 26.5f, 11.125f, 36, 16.5f, 0, 24, 0}));
}

TEST(TdTargets, LambdaOneIsTheReturnWithTheLastValueAtTheEnd) {
  Batch batch = TwoEpisodes();
  EXPECT_EQ(TdTargets(batch, kNextValues, 1.0f, 1.0f), (std::vector<float>{50, 71, 49, 66, 47, 0, 44, 0}));
}

TEST(TdTargets, ManyValuesPerStepAreEachFollowedOnTheirOwn) {
  std::vector<float> both;
  for (float value : kNextValues) both.insert(both.end(), {value, -value});
  std::vector<float> negative = kNextValues;
  for (float& value : negative) value = -value;
  const auto first = TdTargets(TwoEpisodes(), kNextValues, 0.5f, 0.5f), second = TdTargets(TwoEpisodes(), negative, 0.5f, 0.5f);
  const auto found = TdTargets(TwoEpisodes(), both, 0.5f, 0.5f);
  ASSERT_EQ(found.size(), 2 * first.size());
  for (size_t i = 0; i < first.size(); ++i) {
    EXPECT_EQ(found[2 * i], first[i]);
    EXPECT_EQ(found[2 * i + 1], second[i]);
  }
}

}  // namespace
}  // namespace evenkeel
