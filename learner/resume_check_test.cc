#include "learner/resume_check.h"

#include <string>

#include "gtest/gtest.h"

namespace evenkeel {
namespace {

v1::Experiment Example() {
  v1::Experiment experiment;
  experiment.set_name("moderate");
  experiment.set_seed(1);
  experiment.mutable_agent()->set_step_interval_seconds(0.25);
  experiment.mutable_algorithm()->mutable_qmix()->set_hidden(128);
  experiment.mutable_training()->set_episodes(72);
  experiment.mutable_replay()->set_capacity_episodes(3000);
  return experiment;
}

TEST(ResumeCheckTest, AcceptsTheSameExperiment) { EXPECT_TRUE(CheckResumable(Example(), Example()).ok()); }

TEST(ResumeCheckTest, AcceptsMoreEpisodesAndOtherBookkeeping) {
  v1::Experiment now = Example();
  now.set_name("longer");
  now.mutable_training()->set_episodes(144);
  now.mutable_training()->set_agents_per_actor(2);
  now.mutable_checkpoint()->set_keep_last(9);
  now.mutable_barrier()->set_stall_after_seconds(5);
  now.mutable_evaluation()->set_seeds(3);
  EXPECT_TRUE(CheckResumable(Example(), now).ok());
}

TEST(ResumeCheckTest, NamesEveryFieldThatMustNotDifferWithBothValues) {
  v1::Experiment now = Example();
  now.mutable_agent()->set_step_interval_seconds(0.5);
  now.mutable_algorithm()->mutable_qmix()->set_hidden(512);
  const absl::Status status = CheckResumable(Example(), now);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("agent.step_interval_seconds: 0.25 -> 0.5"), std::string::npos) << status;
  EXPECT_NE(status.message().find("algorithm.qmix.hidden: 128 -> 512"), std::string::npos) << status;
}

TEST(ResumeCheckTest, ThePrecisionOfProductsIsPartOfTheRun) {
  v1::Experiment now = Example();
  now.mutable_training()->set_matrix_precision(v1::Training::BFLOAT16);
  EXPECT_EQ(CheckResumable(Example(), now).code(), absl::StatusCode::kFailedPrecondition);
}

TEST(ResumeCheckTest, ASeedIsPartOfTheRun) {
  v1::Experiment now = Example();
  now.set_seed(2);
  EXPECT_EQ(CheckResumable(Example(), now).code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace evenkeel
