#include "experiments/comparison.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "experiments/recordings_for_test.h"

namespace evenkeel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// A recording that also holds a learned policy of these means.
Recording With(const std::string& source, const std::string& label, const std::vector<double>& means_s) {
  Recording recording = RecordingForTest(source, {"m2"});
  recording.evaluations[0].rows.push_back(RowForTest(label, AlgorithmKind::kLearned, means_s));
  return recording;
}

std::vector<std::string> Labels(const Evaluation& evaluation) {
  std::vector<std::string> labels;
  for (const EvaluationRow& row : evaluation.rows) labels.push_back(row.label);
  return labels;
}

std::string Refusal(const std::vector<Recording>& recordings) {
  const absl::Status status = JoinRecordings(recordings, "sed").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  return std::string(status.message());
}

TEST(ComparisonTest, RecordingsOfTheSameTracesBecomeOne) {
  const auto joined = JoinRecordings({With("a", "qmix", {0.28, 0.3}), With("b", "sac", {0.27, 0.29})}, "sed");
  ASSERT_TRUE(joined.ok()) << joined.status();
  ASSERT_EQ(joined->size(), 1u);
  EXPECT_THAT(Labels((*joined)[0]), ElementsAre("sed", "oracle", "qmix", "sac"));
}

TEST(ComparisonTest, TwoResultsOfOneLabelAreToldApartByTheirFile) {
  const auto joined =
      JoinRecordings({With("a", "qmix", {0.28, 0.3}), With("b", "qmix", {0.27, 0.29})}, "sed");
  ASSERT_TRUE(joined.ok()) << joined.status();
  EXPECT_THAT(Labels((*joined)[0]), ElementsAre("sed", "oracle", "qmix", "qmix (b)"));
}

TEST(ComparisonTest, OtherTracesAreNotPaired) {
  Recording other = RecordingForTest("b", {"m2"});
  other.evaluations[0].first_seed = 7;
  EXPECT_THAT(Refusal({RecordingForTest("a", {"m2"}), other}),
              AllOf(HasSubstr("scenario \"m2\""), HasSubstr("a has seeds 1000000-1000001"),
                    HasSubstr("b has seeds 7-8")));
}

TEST(ComparisonTest, EqualSeedsOfAnotherWorldAreNotPaired) {
  Recording other = RecordingForTest("b", {"m2"});
  other.evaluations[0].rows[0].traces[1].jct_mean_s *= 1.001;
  EXPECT_THAT(Refusal({RecordingForTest("a", {"m2"}), other}),
              HasSubstr("sed comes out differently in a and b"));
}

TEST(ComparisonTest, WithoutTheBaselineInBothNothingShowsThatTheTracesAreTheSame) {
  Recording other = RecordingForTest("b", {"m2"});
  other.evaluations[0].rows.erase(other.evaluations[0].rows.begin());
  EXPECT_THAT(Refusal({RecordingForTest("a", {"m2"}), other}), HasSubstr("b does not hold sed"));
}

TEST(ComparisonTest, MeansAreComparedInPairsAndPercentilesAsTheyAre) {
  const std::vector<Evaluation> scenarios = With("a", "qmix", {0.261, 0.279}).evaluations;
  const auto means = Compare(scenarios, "sed", "jct_mean");
  ASSERT_TRUE(means.ok()) << means.status();
  EXPECT_THAT(means->scenarios, ElementsAre("m2"));
  ASSERT_EQ(means->rows.size(), 3u);
  const ComparisonCell& qmix = means->rows[2].cells[0];
  EXPECT_NEAR(qmix.value, 0.27, 1e-12);
  EXPECT_NEAR(qmix.versus_baseline.value, -10, 1e-9);
  EXPECT_NEAR(qmix.versus_baseline.low, -10, 1e-9) << "10 % less on each trace";
  EXPECT_TRUE(std::isnan(means->rows[0].cells[0].versus_baseline.value)) << "sed itself";
  const auto tails = Compare(scenarios, "sed", "jct_p99");
  ASSERT_TRUE(tails.ok()) << tails.status();
  EXPECT_NEAR(tails->rows[2].cells[0].value, 4 * 0.27, 1e-12);
  EXPECT_NEAR(tails->rows[2].cells[0].versus_baseline.value, -10, 1e-9);
}

TEST(ComparisonTest, APolicyThatDidNotTakePartHasNoFigure) {
  std::vector<Evaluation> scenarios = RecordingForTest("a", {"m2", "m6"}).evaluations;
  scenarios[1].rows.push_back(RowForTest("arc", AlgorithmKind::kHeuristic, {0.28, 0.3}));
  const auto comparison = Compare(scenarios, "sed", "jct_mean");
  ASSERT_TRUE(comparison.ok()) << comparison.status();
  EXPECT_TRUE(std::isnan(comparison->rows[2].cells[0].value));
  EXPECT_NEAR(comparison->rows[2].cells[1].value, 0.29, 1e-12);
}

TEST(ComparisonTest, AnUnknownMetricOrBaselineIsNamedWithTheKnown) {
  const std::vector<Evaluation> scenarios = RecordingForTest("a", {"m2"}).evaluations;
  const absl::Status metric = Compare(scenarios, "sed", "jct").status();
  EXPECT_EQ(metric.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(metric.message()), HasSubstr("jct_p99"));
  const absl::Status baseline = Compare(scenarios, "lsq", "jct_mean").status();
  EXPECT_EQ(baseline.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(baseline.message()), HasSubstr("sed, oracle"));
}

TEST(ComparisonTest, AConditionNamesTheScenariosWhereItIsTrue) {
  std::vector<Evaluation> scenarios = RecordingForTest("a", {"m2", "m6"}).evaluations;
  scenarios[0].rows.push_back(RowForTest("qmix", AlgorithmKind::kLearned, {0.31, 0.31}));
  scenarios[1].rows.push_back(RowForTest("qmix", AlgorithmKind::kLearned, {0.30, 0.30}));
  EXPECT_THAT(ScenariosWhere("qmix.jct_mean > sed.jct_mean*1.01", scenarios).value(), ElementsAre("m2"));
  EXPECT_THAT(ScenariosWhere("qmix.jct_mean>1.05 * sed.jct_mean", scenarios).value(), IsEmpty());
  EXPECT_THAT(ScenariosWhere("0.3 <= qmix.jct_mean", scenarios).value(), ElementsAre("m2", "m6"));
  EXPECT_THAT(ScenariosWhere("qmix.rejected >= 0.1", scenarios).value(), IsEmpty());
  EXPECT_THAT(ScenariosWhere("qmix.jct_p90 < 0.61", scenarios).value(), ElementsAre("m6"));
}

TEST(ComparisonTest, WhatWasNotMeasuredDoesNotPassAGate) {
  std::vector<Evaluation> scenarios = RecordingForTest("a", {"m2"}).evaluations;
  scenarios[0].rows[0].jct_p99_s = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THAT(ScenariosWhere("sed.jct_p99 > 1000", scenarios).value(), ElementsAre("m2"));
}

TEST(ComparisonTest, AConditionThatCannotBeReadIsRefused) {
  const std::vector<Evaluation> scenarios = RecordingForTest("a", {"m2"}).evaluations;
  for (const char* condition :
       {"", "sed.jct_mean", "sed.jct_mean > ", "sed > 1", "sed.nosuch > 1", "1 > sed.jct_mean + 2"}) {
    EXPECT_EQ(ScenariosWhere(condition, scenarios).status().code(), absl::StatusCode::kInvalidArgument)
        << condition;
  }
  EXPECT_EQ(ScenariosWhere("qmx.jct_mean > 1", scenarios).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace evenkeel
