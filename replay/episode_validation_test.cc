#include "replay/episode_validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>

#include "replay/test_episode.h"

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

void PutFloat(std::string* column, size_t index, float value) {
  column->replace(index * sizeof(value), sizeof(value), reinterpret_cast<const char*>(&value), sizeof(value));
}

// What ValidateEpisode says about episode 7 after `damage`.
std::string FaultAfter(const std::function<void(v1::Episode*)>& damage) {
  v1::Episode episode = MakeTestEpisode(7);
  damage(&episode);
  const absl::Status status = ValidateEpisode(episode);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  return std::string(status.message());
}

TEST(EpisodeValidationTest, AWholeEpisodePasses) {
  EXPECT_TRUE(ValidateEpisode(MakeTestEpisode(7)).ok());
  EXPECT_TRUE(ValidateEpisode(MakeTestEpisode(8, kLargeEpisode)).ok());
}

TEST(EpisodeValidationTest, AShortColumnIsNamedWithExpectedAndFoundBytes) {
  const std::string fault = FaultAfter([](v1::Episode* e) { e->mutable_observations()->pop_back(); });
  EXPECT_THAT(fault, HasSubstr("episode 7: observations: expected 576 bytes"));
  EXPECT_THAT(fault, HasSubstr("found 575"));
}

TEST(EpisodeValidationTest, EachColumnIsMeasured) {
  EXPECT_THAT(FaultAfter([](v1::Episode* e) { e->mutable_levels()->push_back(0); }),
              HasSubstr("levels: expected 18"));
  EXPECT_THAT(FaultAfter([](v1::Episode* e) { e->clear_weights(); }), HasSubstr("weights: expected 72"));
  EXPECT_THAT(FaultAfter([](v1::Episode* e) { e->mutable_rewards()->append(4, 0); }),
              HasSubstr("rewards: expected 12"));
  EXPECT_THAT(FaultAfter([](v1::Episode* e) { e->mutable_head_rewards()->append(4, 0); }),
              HasSubstr("head_rewards: expected "));
  EXPECT_THAT(FaultAfter([](v1::Episode* e) { e->clear_mask(); }), HasSubstr("mask: expected 6"));
}

TEST(EpisodeValidationTest, SizesOfZeroAreRefused) {
  EXPECT_THAT(FaultAfter([](v1::Episode* e) { e->set_steps(0); }), HasSubstr("steps: expected 1 to"));
  EXPECT_THAT(FaultAfter([](v1::Episode* e) { e->set_agents(0); }), HasSubstr("agents"));
  EXPECT_THAT(FaultAfter([](v1::Episode* e) { e->set_servers(0); }), HasSubstr("servers"));
  EXPECT_THAT(FaultAfter([](v1::Episode* e) { e->set_features(0); }), HasSubstr("features"));
}

TEST(EpisodeValidationTest, SizesWhoseProductWouldOverflowAreRefused) {
  const uint32_t huge = std::numeric_limits<uint32_t>::max();
  EXPECT_THAT(FaultAfter([](v1::Episode* e) { e->set_steps(huge); }), HasSubstr("steps"));
  // 2^20 x 2^14 x 2^16 x 2^10 x 4 = 2^62 bytes: each size is allowed alone, their product is not.
  EXPECT_THAT(FaultAfter([](v1::Episode* e) {
                e->set_steps(1 << 20);
                e->set_agents(1 << 14);
                e->set_servers(1 << 16);
                e->set_features(1 << 10);
              }),
              HasSubstr("bytes in all columns"));
}

TEST(EpisodeValidationTest, ValuesThatAreNotFiniteAreNamedByColumnAndIndex) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const float infinity = std::numeric_limits<float>::infinity();
  EXPECT_THAT(FaultAfter([&](v1::Episode* e) { PutFloat(e->mutable_rewards(), 2, nan); }),
              HasSubstr("rewards: expected finite values, found nan at index 2"));
  EXPECT_THAT(FaultAfter([&](v1::Episode* e) { PutFloat(e->mutable_observations(), 40, infinity); }),
              HasSubstr("observations: expected finite values, found inf at index 40"));
  EXPECT_THAT(FaultAfter([&](v1::Episode* e) { PutFloat(e->mutable_weights(), 0, -infinity); }),
              HasSubstr("weights: expected finite values, found -inf at index 0"));
}

TEST(EpisodeValidationTest, AMaskHoldsOnlyZeroAndOne) {
  EXPECT_THAT(FaultAfter([](v1::Episode* e) { (*e->mutable_mask())[5] = '\xff'; }),
              HasSubstr("mask: expected 0 or 1, found 255 at index 5"));
}

}  // namespace
}  // namespace evenkeel
