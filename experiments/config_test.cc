#include "experiments/config.h"

#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "algorithms/es/es.h"
#include "common/durable_file.h"
#include "experiments/message_leaves.h"
#include "experiments/presets.h"
#include "learner/policy_file.h"

namespace evenkeel {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

const std::vector<AlgorithmName> kAlgorithms = {
    {"qmix", true}, {"iql", true}, {"es", true}, {"sed", false}, {"ssac", true, /*one_lb=*/true}};

ConfigSources From(const std::string& experiment) {
  ConfigSources sources;
  sources.experiment = experiment;
  sources.algorithms = kAlgorithms;
  return sources;
}

// Writes `text` to a file of this test and returns its path.
std::string File(const std::string& name, const std::string& text) {
  const auto* info = testing::UnitTest::GetInstance()->current_test_info();
  const std::string folder = testing::TempDir() + info->name();
  EXPECT_TRUE(MakeFolders(folder).ok());
  EXPECT_TRUE(WriteFileDurably(folder + "/" + name, text).ok());
  return folder + "/" + name;
}

ConfigLayer Resolved(const ConfigSources& sources) {
  std::vector<Problem> problems;
  std::optional<ConfigLayer> layer = ResolveExperiment(sources, &problems);
  EXPECT_TRUE(layer.has_value()) << RenderProblems(problems, "");
  return layer.value_or(ConfigLayer());
}

std::vector<Problem> Problems(const ConfigSources& sources) {
  std::vector<Problem> problems;
  EXPECT_FALSE(ResolveExperiment(sources, &problems).has_value());
  return problems;
}

constexpr char kMinimal[] = "topology { servers { count: 2 } }\n";

void CollectSingular(const std::string& prefix, const Descriptor* type, std::set<std::string>* paths) {
  for (int i = 0; i < type->field_count(); ++i) {
    const FieldDescriptor* field = type->field(i);
    if (field->is_repeated() || field->real_containing_oneof() != nullptr) continue;
    if (field->message_type() != nullptr) {
      CollectSingular(prefix + field->name() + ".", field->message_type(), paths);
    } else {
      paths->insert(prefix + field->name());
    }
  }
}

std::set<std::string> SetPaths(const std::string& config) {
  ConfigLayer layer;
  std::vector<Problem> problems;
  EXPECT_TRUE(ParseLayer(config, FindEmbeddedConfig(config)->text, &layer, &problems));
  std::set<std::string> paths;
  ForEachLeaf(layer.values, [&](const Leaf& leaf) { paths.insert(WithoutIndexes(leaf.path)); });
  return paths;
}

TEST(ConfigTest, EverySingularValueHasADefaultOrIsKnownToHaveNone) {
  const std::set<std::string> no_default = {"name", "workload.trace.path", "algorithm.sed_static.exponent",
                                            "algorithm.arc.lbs_per_server", "training.suite", "agent.base_policy",
                                            "algorithm.es.initial_policy"};
  const std::set<std::string> defaults = SetPaths("defaults");
  std::set<std::string> schema;
  CollectSingular("", v1::Experiment::descriptor(), &schema);
  for (const std::string& path : schema) EXPECT_NE(defaults.count(path), no_default.count(path)) << path;
}

TEST(ConfigTest, EveryValueOfAListElementHasADefaultOrIsKnownToHaveNone) {
  const std::set<std::string> no_default = {"topology.servers.nominal_weight", "topology.events.kind",
                                            "topology.events.server", "workload.classes.name"};
  const std::set<std::string> defaults = SetPaths("element_defaults");
  std::set<std::string> schema;
  CollectSingular("topology.servers.", v1::ServerGroup::descriptor(), &schema);
  CollectSingular("topology.events.", v1::ServerEvent::descriptor(), &schema);
  CollectSingular("workload.classes.", v1::FlowClass::descriptor(), &schema);
  for (const std::string& path : schema) EXPECT_NE(defaults.count(path), no_default.count(path)) << path;
}

TEST(ConfigTest, EveryShippedExperimentButTraceResolves) {
  for (const std::string& name : PresetNames()) {
    std::vector<Problem> problems;
    const bool ok = ResolveExperiment(From(name), &problems).has_value();
    EXPECT_EQ(ok, name != "trace") << RenderProblems(problems, "");
  }
}

TEST(ConfigTest, TraceWithoutAFileSaysWhatToGive) {
  const auto problems = Problems(From("trace"));
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].advice, "give the trace: --set workload.trace.path=FILE");
  EXPECT_EQ(ExitCodeOf(problems[0]), 3);
}

TEST(ConfigTest, TheNameIsTheStemOfTheFile) {
  EXPECT_EQ(Resolved(From("paper/moderate")).values.name(), "moderate");
  EXPECT_EQ(Resolved(From(File("mine.textproto", kMinimal))).values.name(), "mine");
}

TEST(ConfigTest, AnIncludedNameDoesNotNameTheExperiment) {
  File("base.textproto", std::string(kMinimal) + "name: \"base\"");
  EXPECT_EQ(Resolved(From(File("mine.textproto", "include: \"base.textproto\""))).values.name(), "mine");
}

TEST(ConfigTest, LaterLayersWinInTheDocumentedOrder) {
  const std::string file =
      File("mine.textproto", "include: \"paper/moderate\"\ntraining { episodes: 30 worlds: 3 }\nseed: 5");
  ConfigSources sources = From(file);
  EXPECT_EQ(Resolved(sources).values.training().episodes(), 30u);            // file over include
  EXPECT_EQ(Resolved(sources).values.workload().flows_per_second(), 690.9);  // include over default
  EXPECT_EQ(Resolved(sources).values.replay().capacity_episodes(), 3000u);   // default
  sources.environment_set = "training.episodes=31; training.worlds=2";
  EXPECT_EQ(Resolved(sources).values.training().episodes(), 31u);  // environment over file
  sources.set = {"training.episodes=32", "seed=6", "algorithm.name=qmix"};
  EXPECT_EQ(Resolved(sources).values.training().episodes(), 32u);  // --set over environment
  EXPECT_EQ(Resolved(sources).values.training().worlds(), 2u);
  sources.seed = 7;
  sources.algorithm = "sed";
  EXPECT_EQ(Resolved(sources).values.seed(), 7u);  // flags over --set
  EXPECT_EQ(Resolved(sources).values.algorithm().name(), "sed");
}

TEST(ConfigTest, AnAlgorithmThatPlaysWithOneLbGetsOneAndTheOriginSaysWhy) {
  ConfigSources sources =
      From(File("mine.textproto", "topology { lbs: 3 lb_shares: [1, 2, 3] servers { count: 2 } }"));
  EXPECT_EQ(Resolved(sources).values.topology().lbs(), 3u);
  sources.algorithm = "ssac";
  const ConfigLayer layer = Resolved(sources);
  EXPECT_EQ(layer.values.topology().lbs(), 1u);
  EXPECT_EQ(layer.values.topology().lb_shares_size(), 0);
  EXPECT_THAT(ToOriginTable(layer), HasSubstr("topology.lbs\t1\talgorithm ssac: plays with one LB\n"));
}

TEST(ConfigTest, OriginsNameTheLayerOfEachValue) {
  const std::string file = File("mine.textproto", "include: \"paper/moderate\"\nreward {\n  kind: JAIN\n}");
  ConfigSources sources = From(file);
  sources.environment_set = "training.worlds=2";
  sources.set = {"barrier.join_seconds=9"};
  sources.algorithm = "sed";
  sources.seed = 7;
  const ConfigLayer layer = Resolved(sources);
  EXPECT_EQ(layer.origins.at("reward.kind"), file + ":3:3");
  EXPECT_EQ(layer.origins.at("training.worlds"), "EVENKEEL_SET");
  EXPECT_EQ(layer.origins.at("barrier.join_seconds"), "--set");
  EXPECT_EQ(layer.origins.at("algorithm.name"), "--algo");
  EXPECT_EQ(layer.origins.at("seed"), "--seed");
  EXPECT_EQ(layer.origins.at("replay.sync"), "default");
  EXPECT_THAT(layer.origins.at("workload.flows_per_second"), HasSubstr("preset paper/moderate:"));
  EXPECT_THAT(ToOriginTable(layer), HasSubstr("barrier.join_seconds\t9\t--set\n"));
}

TEST(ConfigTest, ElementsOfListsAreCompleted) {
  const ConfigLayer layer =
      Resolved(From(File("mine.textproto", "topology { servers { vcpus: 8 } servers {} }")));
  const auto& servers = layer.values.topology().servers();
  EXPECT_EQ(servers[0].workers(), 32u);
  EXPECT_EQ(servers[0].backlog(), 128u);
  EXPECT_EQ(servers[0].nominal_weight(), 8);
  EXPECT_EQ(servers[1].nominal_weight(), 2);
}

TEST(ConfigTest, TablesOfReplayAreCompleted) {
  const ConfigLayer layer = Resolved(From(File("mine.textproto", R"(
      include: "quickstart"
      replay { tables { name: "mine" sampler: PRIORITISED } sample_from: "mine" })")));
  const v1::ReplayTable& table = layer.values.replay().tables(0);
  EXPECT_EQ(table.sampler(), v1::ReplayTable::PRIORITISED);
  EXPECT_EQ(table.remover(), v1::ReplayTable::FIFO);
  EXPECT_EQ(table.priority_exponent(), 0.6);
  EXPECT_EQ(table.importance_exponent_start(), 0.4);
  EXPECT_EQ(table.importance_exponent_end(), 1);
}

TEST(ConfigTest, TheResolvedTextResolvesToItself) {
  const v1::Experiment first = Resolved(From("paper/large")).values;
  const v1::Experiment second = Resolved(From(File("large.textproto", ToConfigText(first)))).values;
  EXPECT_THAT(DifferingPaths(first, second), ElementsAre());
}

TEST(ConfigTest, AnErrorInAnIncludeNamesBothFiles) {
  const std::string base = File("base.textproto", "sead: 3");
  const std::string file = File("mine.textproto", "include: \"base.textproto\"");
  const auto problems = Problems(From(file));
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].place, base + ":1:1");
  EXPECT_EQ(problems[0].context, "included from " + file + ":1:1");
}

TEST(ConfigTest, ErrorsOfAllLayersAreToldAtOnce) {
  ConfigSources sources = From(File("mine.textproto", "sead: 3"));
  sources.environment_set = "training.episods=3";
  sources.set = {"reward.kind=X"};
  EXPECT_THAT(Problems(sources), SizeIs(3));
}

TEST(ConfigTest, AnUnknownExperimentSuggestsTheNearest) {
  const auto problems = Problems(From("paper/modrate"));
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(ExitCodeOf(problems[0]), 4);
  EXPECT_THAT(problems[0].advice, HasSubstr("did you mean \"paper/moderate\"?"));
}

TEST(ConfigTest, AMissingIncludeNamesTheFileThatAsksForIt) {
  const std::string file = File("mine.textproto", "include: \"nosuch\"");
  const auto problems = Problems(From(file));
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(problems[0].place, HasSubstr(file + ":1:1"));
}

TEST(ConfigTest, AnIncludeCycleEndsInAnError) {
  File("b.textproto", "include: \"a.textproto\"");
  const auto problems = Problems(From(File("a.textproto", "include: \"b.textproto\"")));
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].code, "E0309");
}

TEST(ConfigTest, ATracePathBecomesAbsolute) {
  const std::string trace = File("t.csv", "time\tquery\n");
  ConfigSources sources = From("trace");
  sources.set = {"workload.trace.path=" + trace};
  EXPECT_EQ(Resolved(sources).values.workload().trace().path()[0], '/');
}

TEST(ConfigTest, ReadsBackWhatItWrote) {
  const v1::Experiment experiment = Resolved(From("quickstart")).values;
  const std::string path = File("config.textproto", ToConfigText(experiment));
  const auto read = ReadResolvedExperiment(path);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(DifferingPaths(*read, experiment), ElementsAre());
}

TEST(ConfigTest, ADamagedResolvedFileIsPlaced) {
  const auto read = ReadResolvedExperiment(File("config.textproto", "seed: 1\nsead: 3"));
  EXPECT_THAT(std::string(read.status().message()), HasSubstr("config.textproto:2:1: unknown field"));
}

TEST(ResumptionTest, MoreEpisodesAreAllowed) {
  std::vector<Problem> problems;
  const auto layer = ResolveResumption(Resolved(From("quickstart")).values, {"training.episodes=480"},
                                       kAlgorithms, &problems);
  ASSERT_TRUE(layer.has_value()) << RenderProblems(problems, "");
  EXPECT_EQ(layer->values.training().episodes(), 480u);
}

TEST(ResumptionTest, MoreGenerationsOfASearchAreAllowed) {
  std::vector<Problem> problems;
  const auto layer = ResolveResumption(Resolved(From("many-lbs")).values, {"algorithm.es.generations=300"},
                                       kAlgorithms, &problems);
  ASSERT_TRUE(layer.has_value()) << RenderProblems(problems, "");
  EXPECT_EQ(layer->values.algorithm().es().generations(), 300u);
}

TEST(ResumptionTest, AnotherKeyIsRefusedByName) {
  std::vector<Problem> problems;
  const auto layer =
      ResolveResumption(Resolved(From("quickstart")).values,
                        {"agent.step_interval_seconds=0.5", "training.episodes=480"}, kAlgorithms, &problems);
  EXPECT_FALSE(layer.has_value());
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].message, "agent.step_interval_seconds cannot change when a run is resumed");
  EXPECT_EQ(ExitCodeOf(problems[0]), 7);
}

TEST(ResumptionTest, ARefusedKeyWithItsOldValueIsNoChange) {
  std::vector<Problem> problems;
  EXPECT_TRUE(ResolveResumption(Resolved(From("quickstart")).values, {"agent.step_interval_seconds=0.25"},
                                kAlgorithms, &problems)
                  .has_value());
}

TEST(ResumptionTest, WhatAnEarlierBuildLeftUnsetStaysUnset) {
  v1::Experiment stopped = Resolved(From("quickstart")).values;
  stopped.mutable_replay()->mutable_tables(0)->clear_priority_exponent();
  std::vector<Problem> problems;
  const auto layer = ResolveResumption(stopped, {}, kAlgorithms, &problems);
  ASSERT_TRUE(layer.has_value()) << RenderProblems(problems, "");
  EXPECT_FALSE(layer->values.replay().tables(0).has_priority_exponent());
}

// A policy file of es, all numbers 0.5.
std::string EsFile(const std::string& name, bool exchange, const std::string& algorithm = "es",
                   const std::vector<uint32_t>& knots = {}) {
  v1::Experiment searched;
  searched.mutable_algorithm()->mutable_es()->mutable_lbs_knots()->Add(knots.begin(), knots.end());
  searched.mutable_algorithm()->mutable_es()->mutable_server_knots()->Add(knots.begin(), knots.end());
  searched.mutable_algorithm()->mutable_es()->set_hidden(0);
  searched.mutable_agent()->set_exchange(exchange);
  const std::vector<double> point(InitialEsParameters(searched)->size(), 0.5);
  v1::PolicyParameters policy = MakeEsPolicyParameters(searched, point, 1);
  policy.set_algorithm(algorithm);
  return File(name, EncodePolicyFile(policy));
}

TEST(BasePolicyTest, ItsNumbersBecomePartOfTheExperiment) {
  ConfigSources sources = From(File("exp.textproto", kMinimal));
  const std::string path = EsFile("policy.pb", false);
  sources.set = {"agent.base_weight=POLICY", "agent.base_policy=" + path};
  const ConfigLayer layer = Resolved(sources);
  EXPECT_FALSE(layer.values.agent().has_base_policy());
  ASSERT_GT(layer.values.agent().base_parameters_size(), 0);
  EXPECT_EQ(layer.values.agent().base_parameters(0), 0.5f);
  EXPECT_THAT(layer.origins.at("agent.base_parameters"), HasSubstr(path));
  // Also of the text that a run folder keeps, which no longer needs the file.
  const ConfigLayer again = Resolved(From(File("config.textproto", ToConfigText(layer.values))));
  EXPECT_EQ(again.values.SerializeAsString(), layer.values.SerializeAsString());
}

TEST(InitialPolicyTest, ItsNumbersAtTheKnotsBecomePartOfTheExperiment) {
  ConfigSources sources = From(File("exp.textproto", kMinimal));
  const std::string path = EsFile("initial.pb", false);
  sources.set = {"algorithm.es.hidden=0", "algorithm.es.lbs_knots=[2, 6]", "algorithm.es.server_knots=[24]",
                 "algorithm.es.initial_policy=" + path};
  const ConfigLayer layer = Resolved(sources);
  EXPECT_FALSE(layer.values.algorithm().es().has_initial_policy());
  const std::vector<float> numbers(layer.values.algorithm().es().initial_parameters().begin(),
                                   layer.values.algorithm().es().initial_parameters().end());
  const std::vector<double> point = InitialEsParameters(layer.values).value();
  EXPECT_EQ(numbers, std::vector<float>(point.begin(), point.end()));
  // 0.5 + l 0.5 with l = log(m) / 2 - 1: a line's number at 2 and at 6 LBs.
  EXPECT_NEAR(numbers.front(), 0.5 + 0.5 * (std::log(2) / 2 - 1), 1e-6);
  EXPECT_NEAR(numbers[numbers.size() / 2], 0.5 + 0.5 * (std::log(6) / 2 - 1), 1e-6);
  EXPECT_THAT(layer.origins.at("algorithm.es.initial_parameters"), HasSubstr(path));
  const ConfigLayer again = Resolved(From(File("config.textproto", ToConfigText(layer.values))));
  EXPECT_EQ(again.values.SerializeAsString(), layer.values.SerializeAsString());
}

TEST(InitialPolicyTest, AMissingOneAndOneThatDoesNotFitAreRefused) {
  ConfigSources sources = From(File("exp.textproto", kMinimal));
  const std::string exchange = EsFile("exchange.pb", true), knots = EsFile("knots.pb", false, "es", {2, 6});
  const std::string lines = EsFile("lines.pb", false);
  for (const auto& [path, cause] : std::map<std::string, std::string>{
           {"/nowhere.pb", "No such file"}, {exchange, "exchange"}, {knots, "lbs_knots is empty"}}) {
    sources.set = {"algorithm.es.hidden=0", "algorithm.es.initial_policy=" + path};
    const std::vector<Problem> problems = Problems(sources);
    ASSERT_THAT(problems, SizeIs(1)) << path;
    EXPECT_EQ(problems[0].code, "E0405");
    EXPECT_THAT(problems[0].message, HasSubstr(cause));
    EXPECT_THAT(problems[0].message, HasSubstr(path));
  }
  sources.set = {"algorithm.es.hidden=2", "algorithm.es.initial_policy=" + lines};
  EXPECT_THAT(Problems(sources)[0].message, HasSubstr("has 0 hidden units, expected 2"));
  sources.set = {"algorithm.es.hidden=0", "agent.exchange=true", "algorithm.es.initial_policy=" + lines};
  EXPECT_THAT(Problems(sources)[0].message, HasSubstr("it acts without exchange, and what is searched with it"));
  sources.set = {"algorithm.es.hidden=0", "algorithm.es.initial_parameters=[1, 2]"};
  EXPECT_THAT(Problems(sources)[0].message, HasSubstr("algorithm.es.initial_parameters has 2 numbers"));
}

TEST(KnotsTest, ListsThatAreNoneAreRefusedByName) {
  ConfigSources sources = From(File("exp.textproto", kMinimal));
  sources.set = {"algorithm.es.lbs_knots=[6, 2]", "algorithm.es.server_knots=[24]"};
  std::vector<Problem> problems = Problems(sources);
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].code, "E0306");
  EXPECT_THAT(problems[0].message, HasSubstr("algorithm.es.lbs_knots is 6, 2"));
  sources.set = {"algorithm.es.lbs_knots=[2, 6]"};
  EXPECT_THAT(Problems(sources)[0].message, HasSubstr("algorithm.es.server_knots is empty"));
}

TEST(BasePolicyTest, NoneAMissingOneAndOneThatCannotBeABaseAreRefused) {
  ConfigSources sources = From(File("exp.textproto", kMinimal));
  sources.set = {"agent.base_weight=POLICY"};
  std::vector<Problem> problems = Problems(sources);
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].code, "E0305");
  EXPECT_THAT(problems[0].advice, HasSubstr("agent.base_policy=FILE"));
  sources.set = {"agent.base_weight=POLICY", "agent.base_parameters=[1]"};
  EXPECT_THAT(Problems(sources)[0].message, HasSubstr("has 1 numbers"));
  sources.set = {"agent.base_policy=" + EsFile("unread.pb", false)};
  EXPECT_THAT(Problems(sources)[0].message, HasSubstr("nothing would read it"));
  const std::string exchange = EsFile("exchange.pb", true), other = EsFile("other.pb", false, "qmix");
  const std::string knots = EsFile("knots.pb", false, "es", {2, 6});
  for (const auto& [path, cause] : std::map<std::string, std::string>{
           {"/nowhere.pb", "No such file"}, {exchange, "exchange"}, {other, "qmix"}, {knots, "knots"}}) {
    sources.set = {"agent.base_weight=POLICY", "agent.base_policy=" + path};
    problems = Problems(sources);
    ASSERT_FALSE(problems.empty());
    EXPECT_EQ(problems[0].code, "E0405");
    EXPECT_THAT(problems[0].message, HasSubstr(cause));
    EXPECT_THAT(problems[0].message, HasSubstr(path));
    EXPECT_EQ(problems[0].place, "--set");
  }
}

}  // namespace
}  // namespace evenkeel
