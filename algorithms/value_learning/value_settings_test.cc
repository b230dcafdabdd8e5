#include "algorithms/value_learning/value_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "algorithms/value_learning/value_for_test.h"

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

void ExpectRefused(const v1::Experiment& experiment, const std::string& what) {
  const absl::Status status = ResolveValueSettings(ContextOf(experiment), Mixing::kMonotonic).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(what));
}

TEST(ValueSettings, EpsilonFallsLinearlyWithTheEpisodeAndThenStays) {
  const v1::Qmix settings = ValueExperiment().algorithm().qmix();
  EXPECT_DOUBLE_EQ(Epsilon(settings, 0), 1.0);
  EXPECT_DOUBLE_EQ(Epsilon(settings, 25), 0.525);
  EXPECT_DOUBLE_EQ(Epsilon(settings, 50), 0.05);
  EXPECT_DOUBLE_EQ(Epsilon(settings, 1000), 0.05);
}

TEST(ValueSettings, AMissingFieldIsNamed) {
  v1::Experiment experiment = ValueExperiment();
  experiment.mutable_algorithm()->mutable_qmix()->clear_hidden();
  ExpectRefused(experiment, "algorithm.qmix.hidden is not set");
}

TEST(ValueSettings, AValueOutOfRangeIsNamedWithTheRange) {
  v1::Experiment experiment = ValueExperiment();
  experiment.mutable_algorithm()->mutable_qmix()->set_discount(1.5);
  ExpectRefused(experiment, "algorithm.qmix.discount is 1.5, expected 0 to 1");
}

TEST(ValueSettings, APrecisionThatIsNoneIsRefused) {
  v1::Experiment experiment = ValueExperiment();
  experiment.mutable_training()->set_matrix_precision(v1::Training::PRECISION_UNSET);
  ExpectRefused(experiment, "training.matrix_precision is 0");
}

TEST(ValueSettings, AnExperimentWithoutActionLevelsIsRefused) {
  v1::Experiment experiment = ValueExperiment();
  experiment.mutable_agent()->clear_action_levels();
  ExpectRefused(experiment, "number of agent.action_levels is 0");
}

TEST(ValueSettings, ALevelOfZeroIsRefused) {
  v1::Experiment experiment = ValueExperiment();
  experiment.mutable_agent()->set_action_levels(1, 0);
  ExpectRefused(experiment, "agent.action_levels is 0");
}

}  // namespace
}  // namespace evenkeel
