#include "experiments/config_layer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evenkeel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

ConfigLayer LayerOf(const std::string& text) {
  ConfigLayer layer;
  std::vector<Problem> problems;
  EXPECT_TRUE(ParseLayer("base", text, &layer, &problems));
  return layer;
}

// Applies settings that must be right.
ConfigLayer Set(const std::string& base, const std::vector<std::string>& settings) {
  ConfigLayer layer = LayerOf(base);
  std::vector<Problem> problems;
  EXPECT_TRUE(ApplySettings(settings, "--set", &layer, &problems)) << RenderProblems(problems, "");
  return layer;
}

Problem OnlyProblem(const std::string& base, const std::string& setting) {
  ConfigLayer layer = LayerOf(base);
  std::vector<Problem> problems;
  EXPECT_FALSE(ApplySettings({setting}, "--set", &layer, &problems));
  EXPECT_THAT(problems, SizeIs(1));
  return problems.empty() ? Problem{} : problems[0];
}

constexpr char kServers[] = "topology { servers { count: 2 vcpus: 2 } servers { count: 3 vcpus: 4 } }";

TEST(OverlayTest, AListReplacesTheWholeListBelow) {
  ConfigLayer lower = LayerOf("agent { action_levels: [1, 2, 3] reservoir_samples: 7 }");
  OverlayLayer(LayerOf("agent { action_levels: [5] }"), &lower);
  EXPECT_THAT(lower.values.agent().action_levels(), ElementsAre(5));
  EXPECT_EQ(lower.values.agent().reservoir_samples(), 7u);
}

TEST(OverlayTest, OriginsFollowTheLayerThatSetTheValue) {
  ConfigLayer lower = LayerOf("seed: 1\nagent { reservoir_samples: 7 }");
  ConfigLayer upper = LayerOf("seed: 2");
  upper.origins["seed"] = "upper";
  OverlayLayer(upper, &lower);
  EXPECT_EQ(lower.origins["seed"], "upper");
  EXPECT_EQ(lower.origins["agent.reservoir_samples"], "base:2:9");
}

TEST(OverlayTest, OriginsOfReplacedElementsAreForgotten) {
  ConfigLayer lower = LayerOf(kServers);
  OverlayLayer(LayerOf("topology { servers { vcpus: 8 } }"), &lower);
  EXPECT_EQ(lower.values.topology().servers_size(), 1);
  EXPECT_EQ(lower.origins.count("topology.servers[0].count"), 0u);
  EXPECT_EQ(lower.origins.count("topology.servers[1].count"), 0u);
}

TEST(SetTest, SetsAScalarAndNotesItsOrigin) {
  ConfigLayer layer = Set("seed: 1 training { episodes: 2 }", {"training.episodes=24"});
  EXPECT_EQ(layer.values.training().episodes(), 24u);
  EXPECT_EQ(layer.origins["training.episodes"], "--set");
  EXPECT_EQ(layer.origins["seed"], "base:1:1");
}

TEST(SetTest, SetsEnumsBooleansAndStringsWithoutQuotes) {
  const auto values =
      Set("", {"reward.kind=JAIN", "replay.sync=true", "workload.trace.path=a b/c=\"d\".gz"}).values;
  EXPECT_EQ(values.reward().kind(), v1::Reward::JAIN);
  EXPECT_TRUE(values.replay().sync());
  EXPECT_EQ(values.workload().trace().path(), "a b/c=\"d\".gz");
}

TEST(SetTest, AQuotedStringLosesItsQuotes) { EXPECT_EQ(Set("", {"name=\"x\""}).values.name(), "x"); }

TEST(SetTest, AListReplacesTheList) {
  EXPECT_THAT(Set("agent { action_levels: [1, 2, 3] }", {"agent.action_levels=[4, 5]"})
                  .values.agent()
                  .action_levels(),
              ElementsAre(4, 5));
}

TEST(SetTest, OneValueReplacesTheListAndTheNextAppends) {
  const auto values =
      Set("evaluation { policies: ['a', 'b'] }", {"evaluation.policies=sed", "evaluation.policies=lsq"})
          .values;
  EXPECT_THAT(values.evaluation().policies(), ElementsAre("sed", "lsq"));
}

TEST(SetTest, AListOfStringsNeedsNoQuotes) {
  EXPECT_THAT(Set("", {"evaluation.policies=[sed, \"lsq\"]"}).values.evaluation().policies(),
              ElementsAre("sed", "lsq"));
}

TEST(SetTest, AnEmptyListClears) {
  EXPECT_EQ(
      Set("agent { action_levels: [1, 2] }", {"agent.action_levels=[]"}).values.agent().action_levels_size(),
      0);
}

TEST(SetTest, AnIndexNamesOneElement) {
  ConfigLayer layer = Set(kServers, {"topology.servers[1].count=9"});
  EXPECT_EQ(layer.values.topology().servers(0).count(), 2u);
  EXPECT_EQ(layer.values.topology().servers(1).count(), 9u);
  EXPECT_EQ(layer.values.topology().servers(1).vcpus(), 4u);
  EXPECT_EQ(layer.origins["topology.servers[1].count"], "--set");
  EXPECT_EQ(layer.origins["topology.servers[1].vcpus"], "base:1:61");
}

TEST(SetTest, AnIndexReplacesOneNumberOfAList) {
  EXPECT_THAT(Set("agent { action_levels: [1, 2, 3] }", {"agent.action_levels[1]=2.5"})
                  .values.agent()
                  .action_levels(),
              ElementsAre(1, 2.5, 3));
}

TEST(SetTest, AMessageIsMergedFieldByField) {
  ConfigLayer layer =
      Set("workload { bursts { log_std: 1 correlation_seconds: 5 } }", {"workload.bursts={log_std: 0.5}"});
  EXPECT_EQ(layer.values.workload().bursts().log_std(), 0.5);
  EXPECT_EQ(layer.values.workload().bursts().correlation_seconds(), 5);
  EXPECT_EQ(layer.origins["workload.bursts.log_std"], "--set");
  EXPECT_EQ(layer.origins["workload.bursts.correlation_seconds"], "base:1:32");
}

TEST(SetTest, AListOfMessagesReplacesTheList) {
  ConfigLayer layer = Set(kServers, {"topology.servers=[{count: 7 vcpus: 1}]"});
  ASSERT_EQ(layer.values.topology().servers_size(), 1);
  EXPECT_EQ(layer.values.topology().servers(0).count(), 7u);
  EXPECT_EQ(layer.origins["topology.servers[0].count"], "--set");
}

TEST(SetTest, AChoiceInsideAnElementReplacesTheOther) {
  const auto values = Set("workload { classes { name: 'w' exponential { mean_seconds: 1 } } }",
                          {"workload.classes[0].lognormal={mean_seconds: 2 log_std: 1}"})
                          .values;
  EXPECT_TRUE(values.workload().classes(0).has_lognormal());
  EXPECT_EQ(values.workload().classes(0).name(), "w");
}

TEST(SetTest, AnUnknownPathPointsAtTheWrongPart) {
  EXPECT_EQ(RenderProblem(OnlyProblem("", "algorithm.qmix.hiden=3")),
            "evenkeel: error[E0302]: unknown field \"hiden\" in evenkeel.v1.Qmix\n"
            "  --> --set\n"
            "   | algorithm.qmix.hiden=3\n"
            "   |                ^^^^^ did you mean \"hidden\"?\n");
}

TEST(SetTest, AValueOfTheWrongTypeIsPointedAt) {
  const Problem problem = OnlyProblem("", "training.episodes=many");
  EXPECT_EQ(problem.message, "expected a whole number, found many");
  EXPECT_EQ(problem.column, 19);
  EXPECT_EQ(problem.length, 4);
}

TEST(SetTest, WhatIsNoSettingIsRefused) {
  EXPECT_THAT(OnlyProblem("", "episodes").message, HasSubstr("expected PATH=VALUE"));
  EXPECT_THAT(OnlyProblem("", "=3").message, HasSubstr("expected PATH=VALUE"));
  EXPECT_THAT(OnlyProblem("", "seed=").message, HasSubstr("needs a value"));
  EXPECT_THAT(OnlyProblem("", "seed.x=1").message, HasSubstr("has no fields"));
  EXPECT_THAT(OnlyProblem("", "a..b=1").message, HasSubstr("unknown field \"a\""));
}

TEST(SetTest, AnIndexOutsideTheListIsRefused) {
  EXPECT_THAT(OnlyProblem(kServers, "topology.servers[2].count=1").message, HasSubstr("has 2"));
  EXPECT_THAT(OnlyProblem(kServers, "topology.servers[-1].count=1").message, HasSubstr("names no element"));
  EXPECT_THAT(OnlyProblem(kServers, "topology.servers[.count=1").message, HasSubstr("names no element"));
  EXPECT_THAT(OnlyProblem(kServers, "topology.servers.count=1").message, HasSubstr("is a list"));
}

}  // namespace
}  // namespace evenkeel
