#include "algorithms/registry.h"

#include <gtest/gtest.h>

#include <set>

namespace evenkeel {
namespace {

TEST(RegistryTest, EveryNameIsThereOnceAndFindsItself) {
  std::set<std::string> names;
  for (const AlgorithmInfo& info : Algorithms()) {
    EXPECT_TRUE(names.insert(info.name).second) << info.name;
    auto found = FindAlgorithm(info.name);
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(*found, &info);
  }
  for (const char* name : {"qmix", "vdn", "iql", "isac", "masac", "ssac", "es", "ecmp", "wcmp", "awcmp", "lsq", "sed", "p2c",
                           "arc", "random_weights", "sed_own_average", "sed_exchange", "sed_feedback", "sed_static",
                           "sed_global", "oracle"}) {
    EXPECT_EQ(names.count(name), 1u) << name;
  }
}

TEST(RegistryTest, IsOrderedByKindThenName) {
  const std::vector<AlgorithmInfo>& all = Algorithms();
  for (size_t i = 1; i < all.size(); ++i) {
    EXPECT_LT(std::make_pair(all[i - 1].kind, all[i - 1].name), std::make_pair(all[i].kind, all[i].name));
  }
}

TEST(RegistryTest, OnlyLearnedAlgorithmsHaveATrainer) {
  for (const AlgorithmInfo& info : Algorithms()) {
    EXPECT_NE(info.make_policy, nullptr) << info.name;
    EXPECT_EQ(info.make_trainer != nullptr, info.kind == AlgorithmKind::kLearned && !IsSearched(info)) << info.name;
    EXPECT_FALSE(info.summary.empty()) << info.name;
    EXPECT_FALSE(info.needs.empty()) << info.name;
  }
}

TEST(RegistryTest, OnlySsacPlaysWithOneLbAndItSaysSo) {
  for (const AlgorithmInfo& info : Algorithms()) {
    EXPECT_EQ(info.one_lb, info.name == "ssac") << info.name;
    EXPECT_EQ(info.needs.find("topology.lbs = 1") != std::string::npos, info.one_lb) << info.name;
  }
}

TEST(RegistryTest, BoundsSayThatTheyCheat) {
  for (const AlgorithmInfo& info : Algorithms()) {
    const bool says_so = info.summary.find("cheats") != std::string::npos;
    EXPECT_EQ(says_so, info.kind == AlgorithmKind::kBound) << info.name;
  }
}

TEST(RegistryTest, AMisspeltNameGetsTheNearestAndAllNames) {
  const absl::Status status = FindAlgorithm("qmx").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(std::string(status.message())
                .rfind("unknown algorithm \"qmx\": did you mean \"qmix\"? known: es ", 0),
            0u)
      << status;
  for (const AlgorithmInfo& info : Algorithms()) {
    EXPECT_NE(std::string(status.message()).find(info.name), std::string::npos);
  }
}

TEST(RegistryTest, ANameNearNothingGetsNoSuggestion) {
  const absl::Status status = FindAlgorithm("reinforcement").status();
  EXPECT_EQ(std::string(status.message()).rfind("unknown algorithm \"reinforcement\": known: ", 0), 0u)
      << status;
}

}  // namespace
}  // namespace evenkeel
