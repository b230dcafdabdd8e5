#include "experiments/suite.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "algorithms/registry.h"
#include "common/durable_file.h"
#include "experiments/presets.h"

namespace evenkeel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using testing::StartsWith;

SuiteSources From(const std::string& suite) {
  SuiteSources sources;
  sources.suite = suite;
  for (const AlgorithmInfo& info : Algorithms())
    sources.algorithms.push_back({info.name, info.kind == AlgorithmKind::kLearned});
  return sources;
}

std::string File(const std::string& name, const std::string& text) {
  const std::string folder =
      testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name();
  EXPECT_TRUE(MakeFolders(folder).ok());
  EXPECT_TRUE(WriteFileDurably(folder + "/" + name, text).ok());
  return folder + "/" + name;
}

ResolvedSuite Resolved(const SuiteSources& sources) {
  std::vector<Problem> problems;
  const std::optional<ResolvedSuite> suite = ResolveSuite(sources, &problems);
  EXPECT_TRUE(suite.has_value()) << RenderProblems(problems, "");
  return suite.value_or(ResolvedSuite());
}

std::vector<Problem> Problems(const SuiteSources& sources) {
  std::vector<Problem> problems;
  EXPECT_FALSE(ResolveSuite(sources, &problems).has_value());
  return problems;
}

TEST(SuiteTest, EveryShippedSuiteResolvesToAtLeastTenTracesPerScenario) {
  ASSERT_THAT(SuiteNames(), testing::IsSupersetOf({"drift", "large", "many-lbs", "moderate", "quick", "real-trace", "training-large",
                                                   "training-any-ratio", "training-knots", "training-knots-exchange", "training-large-exchange",
                                                   "training-mixture", "wrong-ratio"}));
  for (const std::string& name : SuiteNames()) {
    if (name == "real-trace") continue;  // its traces do not ship
    const ResolvedSuite suite = Resolved(From(name));
    EXPECT_EQ(suite.name, name);
    EXPECT_FALSE(suite.summary.empty());
    for (const v1::Experiment& experiment : suite.experiments) {
      EXPECT_GE(experiment.evaluation().seeds(), 10u) << name << " " << experiment.name();
      EXPECT_GE(experiment.evaluation().first_seed(), 1000000u) << name << " " << experiment.name();
    }
  }
}

TEST(SuiteTest, SuitesAreNoExperiments) {
  for (const std::string& name : PresetNames()) EXPECT_THAT(name, Not(StartsWith("suites/")));
}

// headroom.md section 4: the same total, c_large / c_small = r, and the LBs told 1:2 all along.
TEST(SuiteTest, WrongRatioChangesTheTrueCapacitiesAndNothingElse) {
  const ResolvedSuite suite = Resolved(From("wrong-ratio"));
  ASSERT_THAT(suite.experiments, SizeIs(18));
  for (const v1::Experiment& experiment : suite.experiments) {
    const auto& small = experiment.topology().servers(0);
    const auto& large = experiment.topology().servers(1);
    const double c_small = *small.speed_table().rbegin(), c_large = *large.speed_table().rbegin();
    EXPECT_NEAR(c_small + c_large, 9.96, 0.002) << experiment.name();
    EXPECT_NEAR(c_large / c_small, std::stod(experiment.name().substr(1)), 0.002) << experiment.name();
    EXPECT_EQ(small.nominal_weight(), 4);
    EXPECT_EQ(large.nominal_weight(), 8);
    for (const auto& group : {small, large}) {
      for (int i = 0; i + 1 < group.speed_table_size(); ++i) EXPECT_EQ(group.speed_table(i), i + 1);
    }
  }
}

TEST(SuiteTest, TracesThatAreNotThereAreOneErrorThatSaysWhatToDo) {
  const std::vector<Problem> problems = Problems(From("real-trace"));
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].code, "E0403");
  EXPECT_THAT(problems[0].message, HasSubstr("poisson_for_loop_rate_350.csv.gz: No such file"));
  EXPECT_THAT(problems[0].advice, HasSubstr("in the folder that holds the suite's traces"));
}

constexpr char kOwn[] = R"(schema: "evenkeel/v1"
set: "topology.lbs=3"
set: "workload.flows_per_second=50"
policies: "lsq"
policies: "sed"
scenarios { name: "plain" experiment: "quickstart" }
scenarios {
  name: "other"
  experiment: "own.textproto"
  set: "topology.lbs=4"
}
)";

TEST(SuiteTest, AScenarioLiesAboveItsSuiteAndBelowTheFlags) {
  File("own.textproto", "topology { lbs: 9 servers { count: 2 } }");
  SuiteSources sources = From(File("mine.textproto", kOwn));
  sources.environment_set = "workload.flows_per_second=60; seed=5";
  sources.set = {"seed=6"};
  const ResolvedSuite suite = Resolved(sources);
  EXPECT_EQ(suite.name, "mine");
  ASSERT_THAT(suite.experiments, SizeIs(2));
  EXPECT_EQ(suite.experiments[0].name(), "plain");
  EXPECT_EQ(suite.experiments[0].topology().lbs(), 3u);
  EXPECT_EQ(suite.experiments[1].topology().lbs(), 4u);
  EXPECT_EQ(suite.experiments[1].workload().flows_per_second(), 60);
  EXPECT_EQ(suite.experiments[1].seed(), 6u);
  EXPECT_THAT(suite.experiments[1].evaluation().policies(), ElementsAre("lsq", "sed"));
}

TEST(SuiteTest, PoliciesThatAreAskedForReplaceThoseOfTheSuite) {
  File("own.textproto", "topology { servers { count: 2 } }");
  SuiteSources sources = From(File("mine.textproto", kOwn));
  sources.policies = {"arc"};
  EXPECT_THAT(Resolved(sources).experiments[0].evaluation().policies(), ElementsAre("arc"));
}

TEST(SuiteTest, AWrongSettingIsNamedWithItsLineAndScenario) {
  const std::vector<Problem> problems = Problems(From(File("mine.textproto", R"(schema: "evenkeel/v1"
scenarios {
  name: "a"
  experiment: "quickstart"
  set: "topology.lbs=2"
  set: "topology.lsb=3"
}
)")));
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].code, "E0302");
  EXPECT_THAT(problems[0].place, HasSubstr("mine.textproto:6:"));
  EXPECT_EQ(problems[0].context, "scenario \"a\"");
  EXPECT_THAT(problems[0].advice, HasSubstr("lbs"));
}

TEST(SuiteTest, ABrokenRuleIsNamedWithTheLineThatBrokeIt) {
  const std::vector<Problem> problems = Problems(From(File("mine.textproto", R"(schema: "evenkeel/v1"
scenarios { name: "a" experiment: "quickstart"
  set: "evaluation.seeds=0" }
)")));
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(problems[0].place, HasSubstr("mine.textproto:3:"));
  EXPECT_THAT(problems[0].message, HasSubstr("evaluation.seeds is 0"));
}

TEST(SuiteTest, AllThatIsWrongWithTheSuiteItselfIsToldAtOnce) {
  const std::vector<Problem> problems = Problems(From(File("mine.textproto", R"(schema: "evenkeel/v9"
scenarios { name: "a" experiment: "quickstart" }
scenarios { name: "a" }
)")));
  ASSERT_THAT(problems, SizeIs(3));
  EXPECT_THAT(problems[0].message, HasSubstr("schema is \"evenkeel/v9\""));
  EXPECT_THAT(problems[1].message, HasSubstr("scenarios[1].name is \"a\" a second time"));
  EXPECT_THAT(problems[1].place, HasSubstr("mine.textproto:3:"));
  EXPECT_THAT(problems[2].message, HasSubstr("scenarios[1].experiment is missing"));
}

TEST(SuiteTest, ASuiteThatIsNowhereGetsTheNearestName) {
  const std::vector<Problem> problems = Problems(From("moderat"));
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].code, "E0401");
  EXPECT_THAT(problems[0].advice, HasSubstr("did you mean \"moderate\"?"));
}

}  // namespace
}  // namespace evenkeel
