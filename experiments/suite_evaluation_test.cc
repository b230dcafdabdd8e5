#include "experiments/suite_evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "algorithms/registry.h"
#include "common/durable_file.h"
#include "experiments/recordings_for_test.h"

namespace evenkeel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

// Two worlds of 4 servers; sed, arc and the oracle on 2 traces of 4 s.
ResolvedSuite TwoScenarios() {
  const std::string path = testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name();
  EXPECT_TRUE(WriteFileDurably(path, R"(schema: "evenkeel/v1"
name: "two"
set: "evaluation.seconds=4"
set: "evaluation.warmup_seconds=1"
set: "evaluation.seeds=2"
set: "algorithm.qmix.hidden=8"
policies: ["sed", "arc", "oracle"]
scenarios { name: "m2" experiment: "quickstart" }
scenarios { name: "m6" experiment: "quickstart" set: "topology.lbs=6" }
)")
                  .ok());
  SuiteSources sources;
  sources.suite = path;
  for (const AlgorithmInfo& info : Algorithms())
    sources.algorithms.push_back({info.name, info.kind == AlgorithmKind::kLearned});
  std::vector<Problem> problems;
  std::optional<ResolvedSuite> suite = ResolveSuite(sources, &problems);
  EXPECT_TRUE(suite.has_value()) << RenderProblems(problems, "");
  return suite.value_or(ResolvedSuite());
}

Entrant Untrained(const v1::Experiment& experiment, uint64_t seed, int servers) {
  v1::Experiment own = experiment;
  own.set_seed(seed);
  PolicyContext context;
  context.experiment = &own;
  context.agents = 2;
  context.servers = servers;
  context.nominal_weights.assign(servers, 1);
  return {"qmix", "qmix", FindAlgorithm("qmix").value()->make_trainer(context).value()->Export()};
}

TEST(SuiteEvaluationTest, EveryPolicyPlaysInEveryScenario) {
  const ResolvedSuite suite = TwoScenarios();
  SuiteEvaluationRequest request;
  request.suite = &suite;
  request.policies = {Untrained(suite.experiments[0], 1, 4), Untrained(suite.experiments[0], 2, 4)};
  std::vector<std::string> done;
  request.done = [&done](const Evaluation& evaluation) { done.push_back(evaluation.experiment); };
  const absl::StatusOr<Recording> recording = EvaluateSuite(request);
  ASSERT_TRUE(recording.ok()) << recording.status();
  EXPECT_EQ(recording->suite, "two");
  EXPECT_THAT(done, ElementsAre("m2", "m6"));
  for (const Evaluation& evaluation : recording->evaluations) {
    std::vector<std::string> labels;
    for (const EvaluationRow& row : evaluation.rows) labels.push_back(row.label);
    EXPECT_THAT(labels, ElementsAre("qmix", "sed", "arc", "oracle")) << evaluation.experiment;
    EXPECT_EQ(evaluation.rows[0].training_seeds, 2);
    EXPECT_EQ(evaluation.bound, "oracle");
  }
}

TEST(SuiteEvaluationTest, APolicyForOtherServersIsRefusedBeforeAnythingIsPlayed) {
  const ResolvedSuite suite = TwoScenarios();
  SuiteEvaluationRequest request;
  request.suite = &suite;
  request.policies = {Untrained(suite.experiments[0], 1, 5)};
  request.progress = [](const std::string&, double) { FAIL() << "played"; };
  const absl::Status status = EvaluateSuite(request).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"qmix\" is for 5 servers; scenario \"m2\" has 4"));
}

TEST(SuiteEvaluationTest, TheSummaryShowsRatiosToTheBoundAndWhatWasRejected) {
  Recording recording = RecordingForTest("a", {"m2", "m6"});
  recording.evaluations[1].rows[0].flows_rejected = 10;
  recording.evaluations[1].rows.push_back(RowForTest("arc", AlgorithmKind::kHeuristic, {0.275, 0.275}));
  recording.evaluations[1].rows.back().over_bound_percent = 10;
  EXPECT_THAT(RenderSummary(recording), HasSubstr("mean jct / bound     m2            m6\n"
                                                  "arc                   -         1.100\n"
                                                  "sed               1.200  1.200 (0.99)\n"
                                                  "oracle            1.000         1.000\n"));
}

}  // namespace
}  // namespace evenkeel
