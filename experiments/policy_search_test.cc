#include "experiments/policy_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/durable_file.h"
#include "experiments/config.h"
#include "learner/policy_file.h"

namespace evenkeel {
namespace {

using testing::HasSubstr;

// Six LBs before eight servers for some simulated seconds: cheap, and static arcs leave something to find.
v1::Experiment SmallSearch(int generations) {
  ConfigSources sources;
  sources.experiment = "quickstart";
  sources.set = {"algorithm.name=es", "topology.lbs=6", "algorithm.es.population=6", "algorithm.es.hidden=1",
                 "training.episode_seconds=8", "algorithm.es.generations=" + std::to_string(generations)};
  sources.algorithms = {{"es", true}};
  std::vector<Problem> problems;
  std::optional<ConfigLayer> config = ResolveExperiment(sources, &problems);
  EXPECT_TRUE(config.has_value()) << RenderProblems(problems, "");
  return config->values;
}

std::string Folder(const std::string& name) {
  const std::string folder = testing::TempDir() + "/" + name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

PolicySearchOptions OptionsOf(const v1::Experiment& experiment, const std::string& folder) {
  PolicySearchOptions options;
  options.experiment = &experiment;
  options.scenarios = {experiment};
  options.run_folder = folder;
  return options;
}

TEST(PolicySearchTest, EndsWithAPolicyOfItsGenerationsThatCarriesItsSettings) {
  const v1::Experiment experiment = SmallSearch(2);
  const std::string folder = Folder("whole");
  ASSERT_TRUE(SearchPolicy(OptionsOf(experiment, folder)).ok());
  const v1::PolicyParameters policy = ReadPolicyFile(PolicyFilePath(folder, 2)).value();
  EXPECT_EQ(policy.algorithm(), "es");
  EXPECT_EQ(policy.version(), 2u);
  EXPECT_EQ(policy.agent().SerializeAsString(), experiment.agent().SerializeAsString());
  EXPECT_EQ(policy.settings().es().population(), 6u);
}

TEST(PolicySearchTest, StoppedAndResumedItEndsWithTheSamePolicyBitForBitWithAnyNumberOfThreads) {
  v1::Experiment experiment = SmallSearch(4);
  const std::string whole = Folder("straight"), parts = Folder("parts");
  ASSERT_TRUE(SearchPolicy(OptionsOf(experiment, whole)).ok());

  experiment.mutable_algorithm()->mutable_es()->set_threads(1);
  PolicySearchOptions options = OptionsOf(experiment, parts);
  uint64_t generations = 0;
  options.progress = [&generations](const SearchProgress& progress) { generations = progress.generation; };
  options.go_on = [&generations] { return generations < 2; };
  EXPECT_EQ(SearchPolicy(options).code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(generations, 2u);
  options.resume = true;
  options.go_on = nullptr;
  ASSERT_TRUE(SearchPolicy(options).ok());

  const auto parameters = [](const std::string& folder) {
    return ReadPolicyFile(PolicyFilePath(folder, 4)).value().tensors(0).data();
  };
  EXPECT_TRUE(parameters(whole) == parameters(parts));
}

TEST(PolicySearchTest, ADamagedStateIsNamedAndNotReplaced) {
  const v1::Experiment experiment = SmallSearch(1);
  const std::string folder = Folder("damaged");
  ASSERT_TRUE(WriteFileDurably(folder + "/search.state", "not a state of a search, but long enough to be one").ok());
  PolicySearchOptions options = OptionsOf(experiment, folder);
  options.resume = true;
  const absl::Status status = SearchPolicy(options);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("search.state"));
  EXPECT_THAT(ReadFile(folder + "/search.state").value(), HasSubstr("not a state"));
}

TEST(PolicySearchTest, WithoutScenariosItSaysSo) {
  const v1::Experiment experiment = SmallSearch(1);
  PolicySearchOptions options = OptionsOf(experiment, Folder("none"));
  options.scenarios.clear();
  EXPECT_EQ(SearchPolicy(options).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace evenkeel
