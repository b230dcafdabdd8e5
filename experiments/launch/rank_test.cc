#include "experiments/launch/rank.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

namespace evenkeel {
namespace {

using testing::HasSubstr;

absl::StatusOr<Rank> Find(const std::map<std::string, std::string>& variables) {
  return FindRank([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  });
}

TEST(FindRankTest, WithoutAnEngineThereIsOneHost) {
  const auto rank = Find({});
  ASSERT_TRUE(rank.ok());
  EXPECT_EQ(rank->rank, 0);
  EXPECT_EQ(rank->hosts, 1);
}

TEST(FindRankTest, EachEngineIsUnderstood) {
  EXPECT_EQ(Find({{"SLURM_PROCID", "2"}, {"SLURM_NTASKS", "3"}})->rank, 2);
  EXPECT_EQ(Find({{"JOB_COMPLETION_INDEX", "1"}, {"EVENKEEL_HOSTS", "4"}})->hosts, 4);
  const auto torchrun = Find({{"RANK", "0"}, {"WORLD_SIZE", "2"}, {"SLURM_PROCID", "1"}, {"SLURM_NTASKS", "9"}});
  ASSERT_TRUE(torchrun.ok());
  EXPECT_EQ(torchrun->hosts, 2);
  EXPECT_EQ(torchrun->source, "RANK 0 of WORLD_SIZE 2");
}

TEST(FindRankTest, HalfAPairIsAnErrorThatNamesTheMissingOne) {
  const auto rank = Find({{"RANK", "0"}});
  EXPECT_EQ(rank.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(rank.status().message()), HasSubstr("WORLD_SIZE is not set"));
}

TEST(FindRankTest, NonsenseIsRefused) {
  for (const char* rank : {"3", "-1", "x", ""}) {
    EXPECT_EQ(Find({{"RANK", rank}, {"WORLD_SIZE", "3"}}).status().code(), absl::StatusCode::kInvalidArgument) << rank;
  }
}

}  // namespace
}  // namespace evenkeel
