#include "experiments/recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "common/durable_file.h"
#include "experiments/recordings_for_test.h"
#include "experiments/report.h"

namespace evenkeel {
namespace {

using testing::HasSubstr;

std::string Folder() {
  const std::string folder =
      testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name();
  EXPECT_TRUE(MakeFolders(folder).ok());
  return folder;
}

// The format on disk: recordings are committed, so a change of it must be meant.
constexpr char kGolden[] =
    R"({"format":1,"suite":"tried","summary":"a suite for tests","evaluations":[
{"experiment":"m2","first_seed":1000000,"seeds":2,"seconds":60.0,"warmup_seconds":10.0,"baseline":"sed","bound":"oracle","rows":[
{"label":"qmix","algorithm":"qmix","kind":"learned","cheats":false,"note":"","training_seeds":2,"jct_mean_s":{"value":0.333333,"low":0.2,"high":null},"jct_p50_s":0.3,"jct_p90_s":0.6,"jct_p99_s":1.2,"flows_finished":1000,"flows_rejected":0,"rejected_share":0.0,"versus_baseline_percent":{"value":0.0,"low":0.0,"high":0.0},"gap_closed_percent":0.0,"over_bound_percent":0.0,"fairness":0.5,"jain":0.9,"utilisation_spread":0.1,"classes":[],"trace_jct_mean_s":[0.3,0.3],"trained_jct_mean_s":[[0.25,0.35],[0.35,0.25]]}
]}
]}
)";

Recording GoldenRecording() {
  Recording recording = RecordingForTest("golden", {"m2"});
  EvaluationRow row = RowForTest("qmix", AlgorithmKind::kLearned, {0.3, 0.3});
  row.training_seeds = 2;
  row.jct_mean_s = {1.0 / 3, 0.2, std::numeric_limits<double>::quiet_NaN()};
  row.trained_jct_mean_s = {{0.25, 0.35}, {0.35, 0.25}};
  recording.evaluations[0].rows = {row};
  return recording;
}

TEST(RecordingTest, IsWrittenAsEver) { EXPECT_EQ(RenderRecording(GoldenRecording()), kGolden); }

TEST(RecordingTest, IsReadAsWritten) {
  const absl::StatusOr<Recording> read = ParseRecording(kGolden, "golden");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(RenderRecording(*read), kGolden);
  EXPECT_EQ(read->source, "golden");
  EXPECT_TRUE(std::isnan(read->evaluations[0].rows[0].jct_mean_s.high));
  EXPECT_EQ(read->evaluations[0].rows[0].traces[1].seed, 1000001u);
}

TEST(RecordingTest, TheEvaluationOfARunIsOneToo) {
  const absl::StatusOr<Recording> read =
      ParseRecording(RenderJson(EvaluationForTest("moderate")), "evaluation.json");
  ASSERT_TRUE(read.ok()) << read.status();
  ASSERT_EQ(read->evaluations.size(), 1u);
  EXPECT_EQ(RenderJson(read->evaluations[0]), RenderJson(EvaluationForTest("moderate")));
}

TEST(RecordingTest, WhatIsNoneIsRefusedByNameAndReason) {
  const auto message = [](const std::string& text) {
    const absl::Status status = ParseRecording(text, "my.json").status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << text;
    return std::string(status.message());
  };
  EXPECT_THAT(message("nonsense"), HasSubstr("my.json is no recorded evaluation: it is no JSON object"));
  EXPECT_THAT(message("{}"), HasSubstr("experiment"));
  EXPECT_THAT(message(R"({"format":2,"evaluations":[]})"), HasSubstr("format is not 1"));
  std::string torn = kGolden;
  torn.replace(torn.find("[0.3,0.3]"), 9, "[0.3]");
  EXPECT_THAT(message(torn), HasSubstr("\"qmix\" has not 2 traces"));
}

TEST(RecordingTest, AFolderGivesTheEvaluationOfItsRunOrElseEveryRecordingByName) {
  const std::string folder = Folder();
  ASSERT_TRUE(WriteFileDurably(folder + "/b.json", RenderRecording(RecordingForTest("", {"x"}))).ok());
  ASSERT_TRUE(WriteFileDurably(folder + "/a.json", RenderRecording(RecordingForTest("", {"y"}))).ok());
  const auto both = ReadRecordings(folder);
  ASSERT_TRUE(both.ok()) << both.status();
  ASSERT_EQ(both->size(), 2u);
  EXPECT_EQ((*both)[0].source, folder + "/a.json");
  ASSERT_TRUE(WriteFileDurably(folder + "/evaluation.json", RenderJson(EvaluationForTest("z"))).ok());
  const auto run = ReadRecordings(folder);
  ASSERT_TRUE(run.ok()) << run.status();
  ASSERT_EQ(run->size(), 1u);
  EXPECT_EQ((*run)[0].evaluations[0].experiment, "z");
}

TEST(RecordingTest, AFolderWithoutAnyIsNotFound) {
  const absl::Status status = ReadRecordings(Folder()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("evaluation.json"));
}

}  // namespace
}  // namespace evenkeel
