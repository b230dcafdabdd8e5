#include "experiments/policy_search.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "algorithms/es/es.h"
#include "common/durable_file.h"
#include "experiments/config.h"
#include "learner/policy_file.h"

namespace evenkeel {
namespace {

using testing::HasSubstr;

// Six LBs before four servers for some simulated seconds: cheap, and static arcs leave something to find.
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

// Knots at 2 and 6 LBs, a scenario of each.
PolicySearchOptions AtKnots(v1::Experiment* experiment, const std::string& folder) {
  v1::Es* es = experiment->mutable_algorithm()->mutable_es();
  for (uint32_t lbs : {2, 6}) es->add_lbs_knots(lbs);
  es->add_server_knots(4);
  PolicySearchOptions options = OptionsOf(*experiment, folder);
  options.scenarios.push_back(*experiment);
  options.scenarios[0].mutable_topology()->set_lbs(2);
  return options;
}

std::vector<float> Numbers(const std::string& folder, int generations) {
  return EsParameters(ReadPolicyFile(PolicyFilePath(folder, generations)).value()).value();
}

TEST(PolicySearchTest, AtKnotsOnlyTheBlocksThatPlayMove) {
  v1::Experiment experiment = SmallSearch(1);
  const std::string folder = Folder("knots");
  PolicySearchOptions options = AtKnots(&experiment, folder);
  experiment.mutable_algorithm()->mutable_es()->set_scenarios(1);
  ASSERT_TRUE(SearchPolicy(options).ok());
  const std::vector<float> numbers = Numbers(folder, 1);
  const std::vector<double> initial = InitialEsParameters(experiment).value();
  ASSERT_EQ(numbers.size(), initial.size());
  const size_t half = initial.size() / 2;
  const auto moved = [&](size_t begin) {
    for (size_t i = begin; i < begin + half; ++i) {
      if (numbers[i] != static_cast<float>(initial[i])) return true;
    }
    return false;
  };
  EXPECT_NE(moved(0), moved(half));  // one scenario was drawn
}

TEST(PolicySearchTest, AtKnotsTheCandidatesOfEveryBlockPlayDifferently) {
  v1::Experiment experiment = SmallSearch(8);
  const std::string folder = Folder("knots-candidates");
  PolicySearchOptions options = AtKnots(&experiment, folder);
  experiment.mutable_algorithm()->mutable_es()->set_scenarios(1);
  options.progress = [](const SearchProgress& progress) { EXPECT_LT(progress.best_cost, progress.mean_cost); };
  ASSERT_TRUE(SearchPolicy(options).ok());
  const std::vector<float> numbers = Numbers(folder, 8);
  const std::vector<double> initial = InitialEsParameters(experiment).value();
  EXPECT_NE(numbers.front(), static_cast<float>(initial.front()));  // both blocks were drawn
  EXPECT_NE(numbers[initial.size() / 2], static_cast<float>(initial[initial.size() / 2]));
}

TEST(PolicySearchTest, AtKnotsStoppedAndResumedItEndsWithTheSamePolicyBitForBit) {
  v1::Experiment experiment = SmallSearch(4);
  const std::string whole = Folder("knots-straight"), parts = Folder("knots-parts");
  PolicySearchOptions options = AtKnots(&experiment, whole);
  ASSERT_TRUE(SearchPolicy(options).ok());
  options.run_folder = parts;
  uint64_t generations = 0;
  options.progress = [&generations](const SearchProgress& progress) { generations = progress.generation; };
  options.go_on = [&generations] { return generations < 2; };
  EXPECT_EQ(SearchPolicy(options).code(), absl::StatusCode::kCancelled);
  options.resume = true;
  options.go_on = nullptr;
  ASSERT_TRUE(SearchPolicy(options).ok());
  EXPECT_EQ(Numbers(whole, 4), Numbers(parts, 4));
  std::string state = ReadFile(parts + "/search.state").value();
  state[state.size() / 2] ^= 1;
  ASSERT_TRUE(WriteFileDurably(parts + "/search.state", state).ok());
  EXPECT_EQ(SearchPolicy(options).code(), absl::StatusCode::kDataLoss);
  ASSERT_TRUE(WriteFileDurably(parts + "/search.state", state.substr(1)).ok());
  EXPECT_EQ(SearchPolicy(options).code(), absl::StatusCode::kDataLoss);
}

TEST(PolicySearchTest, AScenarioWithoutAKnotAndAKnotWithoutAScenarioAreNamed) {
  v1::Experiment experiment = SmallSearch(1);
  PolicySearchOptions options = AtKnots(&experiment, Folder("unmatched"));
  options.scenarios[0].mutable_topology()->set_lbs(3);
  absl::Status status = SearchPolicy(options);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("3 LBs before 4 servers"));
  options.scenarios.erase(options.scenarios.begin());
  status = SearchPolicy(options);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("2 LBs before 4 servers, and no scenario"));
  EXPECT_EQ(CheckKnotScenarios(experiment, options.scenarios), status);
  EXPECT_TRUE(CheckKnotScenarios(SmallSearch(1), options.scenarios).ok());
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
