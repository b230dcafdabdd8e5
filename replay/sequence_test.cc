#include "replay/sequence.h"

#include <gtest/gtest.h>

#include "replay/episode_validation.h"
#include "replay/test_episode.h"

namespace evenkeel {
namespace {

std::vector<std::pair<uint32_t, uint32_t>> Cut(uint32_t steps, uint32_t sequence_steps, uint32_t overlap) {
  std::vector<std::pair<uint32_t, uint32_t>> cut;
  for (const Stretch& one : CutIntoStretches(steps, sequence_steps, overlap)) {
    cut.push_back({one.first_step, one.steps});
  }
  return cut;
}

using Stretches = std::vector<std::pair<uint32_t, uint32_t>>;

TEST(SequenceTest, WithoutALengthTheWholeEpisodeIsOneStretch) { EXPECT_EQ(Cut(9, 0, 0), (Stretches{{0, 9}})); }

TEST(SequenceTest, StretchesCoverTheEpisodeWithTheirOverlap) {
  EXPECT_EQ(Cut(10, 4, 1), (Stretches{{0, 4}, {3, 4}, {6, 4}}));
  EXPECT_EQ(Cut(8, 4, 0), (Stretches{{0, 4}, {4, 4}}));
}

TEST(SequenceTest, TheLastStretchIsShorterWhereTheyDoNotComeOutEven) {
  EXPECT_EQ(Cut(11, 4, 1), (Stretches{{0, 4}, {3, 4}, {6, 4}, {9, 2}}));
  EXPECT_EQ(Cut(3, 4, 1), (Stretches{{0, 3}}));
}

TEST(SequenceTest, ASliceIsAValidEpisodeWithTheObservationAfterItsLastStep) {
  const v1::Episode episode = MakeTestEpisode(5, {10, 2, 3, 6});
  const v1::Episode slice = Slice(episode, {4, 3});
  ASSERT_TRUE(ValidateEpisode(slice).ok()) << ValidateEpisode(slice);
  EXPECT_EQ(slice.number(), 5u);
  EXPECT_EQ(slice.trace_seed(), episode.trace_seed());
  const size_t row = 2 * 3 * 6 * 4;
  EXPECT_EQ(slice.observations(), episode.observations().substr(4 * row, 4 * row));
  EXPECT_EQ(slice.levels(), episode.levels().substr(4 * 6, 3 * 6));
  EXPECT_EQ(slice.weights(), episode.weights().substr(4 * 24, 3 * 24));
  EXPECT_EQ(slice.rewards(), episode.rewards().substr(4 * 4, 3 * 4));
  EXPECT_EQ(slice.mask(), episode.mask().substr(4 * 2, 3 * 2));
}

TEST(SequenceTest, HeadRewardsAreCutWithTheRest) {
  v1::Episode episode = MakeTestEpisode(5, {10, 2, 3, 6});
  for (int i = 0; i < 10 * 6 * 4; ++i) episode.mutable_head_rewards()->push_back(static_cast<char>(i / 24));  // step i in each byte
  ASSERT_TRUE(ValidateEpisode(episode).ok()) << ValidateEpisode(episode);
  const v1::Episode slice = Slice(episode, {4, 3});
  ASSERT_TRUE(ValidateEpisode(slice).ok()) << ValidateEpisode(slice);
  EXPECT_EQ(slice.head_rewards(), episode.head_rewards().substr(4 * 24, 3 * 24));
}

TEST(SequenceTest, TheWholeAsASliceIsTheEpisode) {
  v1::Episode episode = MakeTestEpisode(5);
  episode.set_terminated(true);
  EXPECT_EQ(Slice(episode, {0, episode.steps()}).SerializeAsString(), episode.SerializeAsString());
}

TEST(SequenceTest, OnlyTheLastSliceOfATerminatedEpisodeIsTerminated) {
  v1::Episode episode = MakeTestEpisode(5, {10, 2, 3, 6});
  episode.set_terminated(true);
  EXPECT_FALSE(Slice(episode, {0, 9}).terminated());
  EXPECT_TRUE(Slice(episode, {6, 4}).terminated());
}

}  // namespace
}  // namespace evenkeel
