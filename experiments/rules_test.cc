#include "experiments/rules.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <ostream>

#include "experiments/config.h"

namespace evenkeel {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using testing::HasSubstr;
using testing::SizeIs;

const std::vector<AlgorithmName> kAlgorithms = {{"qmix", true}, {"sed", false}, {"lsq", false}};

std::vector<Problem> ProblemsWith(const std::vector<std::string>& settings) {
  ConfigSources sources;
  sources.experiment = "quickstart";
  sources.set = settings;
  sources.algorithms = kAlgorithms;
  std::vector<Problem> problems;
  ResolveExperiment(sources, &problems);
  return problems;
}

void CollectNumbers(const std::string& prefix, const Descriptor* type, std::vector<std::string>* paths) {
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    const std::string path = prefix + field->name();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        CollectNumbers(path + ".", field->message_type(), paths);
        break;
      case FieldDescriptor::CPPTYPE_STRING:
      case FieldDescriptor::CPPTYPE_BOOL:
      case FieldDescriptor::CPPTYPE_ENUM:
        break;
      default:
        paths->push_back(path);
    }
  }
}

TEST(RulesTest, EveryNumberOfTheSchemaHasARange) {
  std::vector<std::string> numbers;
  CollectNumbers("", v1::Experiment::descriptor(), &numbers);
  EXPECT_THAT(RangedPaths(), testing::UnorderedElementsAreArray(numbers));
}

struct Case {
  std::string name;
  std::vector<std::string> settings;
  std::string code;
  std::string message;  // must occur
};

void PrintTo(const Case& broken, std::ostream* out) { *out << broken.name; }

class BrokenRuleTest : public testing::TestWithParam<Case> {};

TEST_P(BrokenRuleTest, IsOneProblemThatNamesTheFieldAndWhoSetIt) {
  const auto problems = ProblemsWith(GetParam().settings);
  ASSERT_THAT(problems, SizeIs(1)) << RenderProblems(problems, "");
  EXPECT_EQ(problems[0].code, GetParam().code);
  EXPECT_THAT(problems[0].message, HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Rules, BrokenRuleTest,
    testing::Values(
        Case{"Zero", {"topology.lbs=0"}, "E0306", "topology.lbs is 0; it must be >= 1"},
        Case{"Negative", {"workload.flows_per_second=-1"}, "E0306", "it must be > 0"},
        Case{"NotANumber", {"workload.flows_per_second=nan"}, "E0306", "workload.flows_per_second is nan"},
        Case{"Infinite", {"training.episode_seconds=inf"}, "E0306", "training.episode_seconds is inf"},
        Case{"Share", {"algorithm.qmix.discount=1.5"}, "E0306", ">= 0 and <= 1"},
        Case{"InAnElement", {"topology.servers[1].workers=0"}, "E0306", "topology.servers[1].workers is 0"},
        Case{"NoServers", {"topology.servers=[]"}, "E0305", "topology.servers is missing"},
        Case{
            "Shares", {"topology.lb_shares=[1, 2, 3]"}, "E0306", "topology.lb_shares has 3 values for 2 LBs"},
        Case{"ZeroShares", {"topology.lb_shares=[0, 0]"}, "E0306", "all zero"},
        Case{"EventServer",
             {"topology.events=[{kind: DRAIN server: 4}]"},
             "E0306",
             "topology.events[0].server is 4"},
        Case{"EventNoServer",
             {"topology.events=[{kind: DRAIN}]"},
             "E0305",
             "topology.events[0].server is missing"},
        Case{"EventNoKind", {"topology.events=[{server: 1}]"}, "E0305", "topology.events[0].kind is missing"},
        Case{"NoClasses", {"workload.classes=[]"}, "E0305", "workload.classes is empty"},
        Case{"NoWork", {"workload.classes=[{name: 'x'}]"}, "E0305", "does not say how much work"},
        Case{"NoMean",
             {"workload.classes=[{exponential {}}]"},
             "E0305",
             "exponential.mean_seconds is missing"},
        Case{"NoLogStd",
             {"workload.classes=[{lognormal {mean_seconds: 1}}]"},
             "E0305",
             "lognormal.log_std is missing"},
        Case{"NoTrace", {"workload.trace.path="}, "E0305", "workload.trace.path is not set"},
        Case{"TraceMissing", {"workload.trace.path=/nowhere/x.gz"}, "E0403", "/nowhere/x.gz: No such file"},
        Case{"TraceFolder", {"workload.trace.path=/"}, "E0403", "it is a folder"},
        Case{"NoLevels", {"agent.action_levels=[]"}, "E0305", "agent.action_levels is empty"},
        Case{"LevelsFall", {"agent.action_levels=[2, 1]"}, "E0306", "must rise"},
        Case{"LevelsRepeat", {"agent.action_levels=[1, 1]"}, "E0306", "must rise"},
        Case{"Algorithm", {"algorithm.name=qmxi"}, "E0307", "unknown algorithm \"qmxi\""},
        Case{"Policies", {"evaluation.policies=[sed, nosuch]"}, "E0307", "unknown algorithm \"nosuch\""},
        Case{"LearnedPolicy", {"evaluation.policies=[qmix]"}, "E0306", "names qmix, which is learned"},
        Case{"NoSamples", {"agent.reservoir_samples=0"}, "E0306", "reward.kind PRODUCT is made of these"},
        Case{"ExchangePeriod", {"topology.exchange.period_seconds=0"}, "E0306", "exchange.period_seconds is 0"},
        Case{"ExchangeLoss", {"topology.exchange.loss=1.1"}, "E0306", "topology.exchange.loss is 1.1"},
        Case{"Epsilon", {"algorithm.qmix.epsilon_start=0.01"}, "E0306", "exploration must not grow"},
        Case{"Exponents", {"algorithm.sed_static.exponents=[]"}, "E0305", "sed_static.exponents is empty"},
        Case{"ShortEpisode", {"training.episode_seconds=0.1"}, "E0306", "shorter than one step"},
        Case{"Worlds", {"training.worlds=161"}, "E0306", "more than training.episodes (160)"},
        Case{"AgentsPerActor", {"training.agents_per_actor=3"}, "E0306", "training.agents_per_actor is 3, more than topology.lbs (2)"},
        Case{"NoAgentsPerActor", {"training.agents_per_actor=0"}, "E0306", "training.agents_per_actor is 0"},
        Case{"Warmup", {"training.warmup_episodes=161"}, "E0306", "training.warmup_episodes is 161"},
        Case{"Capacity", {"replay.capacity_episodes=7"}, "E0306", "replay.capacity_episodes"},
        Case{"SampleFrom", {"replay.sample_from=elsewhere"}, "E0306", "replay.sample_from"},
        Case{"Device", {"training.device=gpu"}, "E0306", "training.device"},
        Case{"NoPrecision", {"training.matrix_precision=PRECISION_UNSET"}, "E0303", "training.matrix_precision is PRECISION_UNSET"},
        Case{"PrecisionNumber", {"training.matrix_precision=3"}, "E0303", "training.matrix_precision is 3"},
        Case{"EvaluationWarmup", {"evaluation.warmup_seconds=40"}, "E0306", "leaves nothing"},
        Case{"HeldOut", {"evaluation.first_seed=20"}, "E0306", "training plays the traces"},
        Case{"Unset", {"reward.kind=UNSET"}, "E0303", "reward.kind is UNSET"},
        Case{"EnumNumber", {"reward.kind=17"}, "E0303", "reward.kind is 17"},
        Case{"Foreign", {"schema=other"}, "E0306", "not an Evenkeel schema"},
        Case{"Newer", {"schema=evenkeel/v2"}, "E0308", "knows up to evenkeel/v1"},
        Case{"Name", {"name=../x"}, "E0306", "name is \"../x\""}),
    [](const auto& info) { return info.param.name; });

TEST(RulesTest, ShippedQuickstartBreaksNoRule) { EXPECT_THAT(ProblemsWith({}), SizeIs(0)); }

TEST(RulesTest, AllBrokenRulesAreToldAtOnceEachWithItsLayer) {
  const auto problems = ProblemsWith({"topology.lbs=0", "training.worlds=0"});
  ASSERT_THAT(problems, SizeIs(2));
  EXPECT_EQ(problems[0].place, "--set");
  EXPECT_EQ(problems[1].place, "--set");
}

TEST(RulesTest, AValueFromAPresetIsPlacedInThePreset) {
  const auto problems = ProblemsWith({"training.episodes=15"});
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(problems[0].message, HasSubstr("training.warmup_episodes is 16"));
  EXPECT_THAT(problems[0].place, testing::MatchesRegex("preset quickstart:[0-9]+:3"));
}

TEST(RulesTest, WarmUpDoesNotMatterToAHeuristic) {
  EXPECT_THAT(ProblemsWith({"algorithm.name=sed", "training.warmup_episodes=161"}), SizeIs(0));
}

TEST(RulesTest, WhoReadsNoSamplesNeedsNone) {
  EXPECT_THAT(ProblemsWith({"agent.reservoir_samples=0", "reward.kind=NEGATIVE_OPEN_FLOWS"}), SizeIs(0));
  EXPECT_THAT(ProblemsWith({"agent.reservoir_samples=0", "algorithm.name=sed"}), SizeIs(0));
}

TEST(RulesTest, AnUnknownAlgorithmListsTheKnown) {
  const auto problems = ProblemsWith({"algorithm.name=qmxi"});
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].advice, "did you mean \"qmix\"? known: qmix, sed, lsq");
}

}  // namespace
}  // namespace evenkeel
