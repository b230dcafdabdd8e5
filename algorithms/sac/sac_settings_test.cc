#include "algorithms/sac/sac_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "algorithms/sac/sac_for_test.h"

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

void ExpectRefused(const v1::Experiment& experiment, const std::string& what) {
  const absl::Status status = ResolveSacSettings(ContextOf(experiment), Critics::kIndependent).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(what));
}

TEST(SacSettings, TheTargetEntropyIsAShareOfTheLargestThatAHeadCanHave) {
  v1::Experiment experiment = SacExperiment();
  for (double bias : {0.0, 1.0}) experiment.mutable_agent()->add_bias_levels(bias);  // 3 x 2 levels
  experiment.mutable_algorithm()->mutable_sac()->set_target_entropy_share(0.5);
  const SacSettings settings = ResolveSacSettings(ContextOf(experiment), Critics::kIndependent).value();
  EXPECT_DOUBLE_EQ(settings.target_entropy, 0.5 * std::log(6.0));
}

TEST(SacSettings, MoreEntropyThanAHeadCanHaveIsRefused) {
  v1::Experiment experiment = SacExperiment();
  experiment.mutable_algorithm()->mutable_sac()->set_target_entropy_share(1.1);
  ExpectRefused(experiment, "algorithm.sac.target_entropy_share is 1.1, expected 0 to 1");
}

TEST(SacSettings, AMissingFieldIsNamed) {
  v1::Experiment experiment = SacExperiment();
  experiment.mutable_algorithm()->mutable_sac()->clear_target_rate();
  ExpectRefused(experiment, "algorithm.sac.target_rate is not set");
}

TEST(SacSettings, ATemperatureOfZeroIsRefusedBecauseItsLogIsLearned) {
  v1::Experiment experiment = SacExperiment();
  experiment.mutable_algorithm()->mutable_sac()->set_initial_temperature(0);
  ExpectRefused(experiment, "algorithm.sac.initial_temperature is 0");
}

TEST(SacSettings, APrecisionThatIsNoneIsRefused) {
  v1::Experiment experiment = SacExperiment();
  experiment.mutable_training()->set_matrix_precision(v1::Training::PRECISION_UNSET);
  ExpectRefused(experiment, "training.matrix_precision is 0");
}

TEST(SacSettings, AnExperimentWithoutActionLevelsIsRefused) {
  v1::Experiment experiment = SacExperiment();
  experiment.mutable_agent()->clear_action_levels();
  ExpectRefused(experiment, "number of agent.action_levels is 0");
}

}  // namespace
}  // namespace evenkeel
