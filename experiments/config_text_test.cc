#include "experiments/config_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protos/experiment.pb.h"

namespace evenkeel {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<Problem> ProblemsOf(const std::string& text) {
  v1::Experiment experiment;
  LeafPlaces places;
  std::vector<Problem> problems;
  const bool ok = ParseConfigText("my.textproto", text, &experiment, &places, &problems);
  EXPECT_EQ(ok, problems.empty());
  return problems;
}

TEST(ConfigTextTest, RendersAnUnknownFieldAsDocumented) {
  const auto problems = ProblemsOf("algorithm {\n qmix {\n  hiden: 128\n }\n}\n");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(RenderProblem(problems[0]),
            "evenkeel: error[E0302]: unknown field \"hiden\" in evenkeel.v1.Qmix\n"
            "  --> my.textproto:3:3\n"
            "   | hiden: 128\n"
            "   | ^^^^^ did you mean \"hidden\"?\n");
}

TEST(ConfigTextTest, PlacesAnUnknownFieldAtItsFirstCharacterWhateverFollows) {
  for (const char* text :
       {"agent { hiden: 1 }", "agent { hiden   : 1 }", "agent { hiden{} }", "agent { hiden :[1,2] }"}) {
    const auto problems = ProblemsOf(text);
    ASSERT_THAT(problems, SizeIs(1)) << text;
    EXPECT_EQ(problems[0].place, "my.textproto:1:9") << text;
  }
}

TEST(ConfigTextTest, CountsATabAsOneColumn) {
  const auto problems = ProblemsOf("agent {\n\t\thiden: 1\n}");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].place, "my.textproto:2:3");
}

TEST(ConfigTextTest, SaysWhereAMisplacedFieldBelongs) {
  const auto problems = ProblemsOf("learning_rate: 0.1");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].advice, "it belongs in \"algorithm.qmix.learning_rate\"");
}

TEST(ConfigTextTest, NamesAnUnknownEnumValueAndTheNearestKnownOne) {
  const auto problems = ProblemsOf("reward {\n  kind: PRODUKT\n}");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].code, "E0303");
  EXPECT_EQ(problems[0].place, "my.textproto:2:9");
  EXPECT_EQ(problems[0].length, 7);
  EXPECT_EQ(problems[0].advice, "did you mean \"PRODUCT\"?");
}

TEST(ConfigTextTest, PlacesAValueOfTheWrongType) {
  const auto problems =
      ProblemsOf("seed: abc\nagent { step_interval_seconds: \"x\" }\nalgorithm { qmix { double_q: maybe } }");
  ASSERT_THAT(problems, SizeIs(3));
  EXPECT_EQ(problems[0].place, "my.textproto:1:7");
  EXPECT_EQ(problems[0].message, "expected a whole number, found abc");
  EXPECT_EQ(problems[1].place, "my.textproto:2:32");
  EXPECT_EQ(problems[2].place, "my.textproto:3:30");
  EXPECT_EQ(problems[2].message, "expected true or false for double_q");
}

TEST(ConfigTextTest, RefusesANegativeOrHugeWholeNumber) {
  const auto problems = ProblemsOf("seed: -5\ntopology { lbs: 99999999999 }");
  ASSERT_THAT(problems, SizeIs(2));
  EXPECT_EQ(problems[0].place, "my.textproto:1:7");
  EXPECT_EQ(problems[1].place, "my.textproto:2:17");
  EXPECT_EQ(problems[1].message, "99999999999 does not fit the field");
}

TEST(ConfigTextTest, ReportsAFieldGivenTwiceAtTheSecondOne) {
  const auto problems = ProblemsOf("seed: 1\nseed: 2\n");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].place, "my.textproto:2:1");
  EXPECT_EQ(problems[0].message, "\"seed\" is given more than once");
}

TEST(ConfigTextTest, ReportsTwoMembersOfOneChoice) {
  const auto problems =
      ProblemsOf("workload { classes { exponential { mean_seconds: 1 }\nlognormal { mean_seconds: 1 } } }");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].place, "my.textproto:2:1");
  EXPECT_THAT(problems[0].message, HasSubstr("exclude each other"));
}

TEST(ConfigTextTest, ReportsAllProblemsAtOnceInTheOrderOfTheText) {
  const auto problems = ProblemsOf("sead: 1\nreward { kind: X }\nseed: abc\nagent { foo { bar: 1 } }\n");
  ASSERT_THAT(problems, SizeIs(4));
  EXPECT_EQ(problems[0].place, "my.textproto:1:1");
  EXPECT_EQ(problems[1].place, "my.textproto:2:16");
  EXPECT_EQ(problems[2].place, "my.textproto:3:7");
  EXPECT_EQ(problems[3].place, "my.textproto:4:9");
}

TEST(ConfigTextTest, PlacesASyntaxError) {
  const auto problems = ProblemsOf("topology {\n  lbs = 3\n}");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_EQ(problems[0].code, "E0301");
  EXPECT_EQ(problems[0].place, "my.textproto:2:7");
}

TEST(ConfigTextTest, SaysThatABraceIsMissing) {
  const auto problems = ProblemsOf("topology {\n  lbs: 3\n");
  ASSERT_THAT(problems, SizeIs(1));
  EXPECT_THAT(problems[0].message, HasSubstr("\"}\" is missing"));
}

TEST(ConfigTextTest, SurvivesBytesThatAreNoText) {
  std::string bytes;
  for (int i = 0; i < 600; ++i) bytes += static_cast<char>((i * 37) % 256);
  EXPECT_FALSE(ProblemsOf(bytes).empty());
}

// Each level costs the parser a frame of the stack.
TEST(ConfigTextTest, RefusesMessagesNestedWithoutEnd) {
  std::string known = "topology ", unknown;
  for (int i = 0; i < 200000; ++i) known += "{servers", unknown += "a{";
  EXPECT_FALSE(ProblemsOf(known).empty());
  EXPECT_FALSE(ProblemsOf(unknown).empty());
}

TEST(ConfigTextTest, NotesThePlaceOfEveryLeaf) {
  v1::Experiment experiment;
  LeafPlaces places;
  std::vector<Problem> problems;
  ParseConfigText("x",
                  "seed: 3\ntopology {\n  servers { count: 2 }\n  servers { vcpus: 4 }\n}\nagent { "
                  "action_levels: [1, 2] }",
                  &experiment, &places, &problems);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_EQ(places, (LeafPlaces{{"seed", "1:1"},
                                {"topology.servers[0].count", "3:13"},
                                {"topology.servers[1].vcpus", "4:13"},
                                {"agent.action_levels", "6:9"},
                                {"agent.action_levels[0]", "6:9"}}));
}

}  // namespace
}  // namespace evenkeel
