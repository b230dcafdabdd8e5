#include "algorithms/training_precision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

v1::Training TrainingWith(v1::Training::MatrixPrecision precision, const std::string& device = "cpu") {
  v1::Training training;
  training.set_matrix_precision(precision);
  training.set_device(device);
  return training;
}

TEST(TrainingPrecision, IsFloat32UnlessSaidOtherwise) {
  for (bool cpu_has_bfloat16 : {false, true}) {
    EXPECT_EQ(TrainingPrecision(v1::Training(), cpu_has_bfloat16).value(), MatrixPrecision::kFloat32);
    EXPECT_EQ(TrainingPrecision(TrainingWith(v1::Training::FLOAT32), cpu_has_bfloat16).value(), MatrixPrecision::kFloat32);
  }
}

TEST(TrainingPrecision, Bfloat16IsMultipliedAsFloatOnlyByACpuWithoutIt) {
  EXPECT_EQ(TrainingPrecision(TrainingWith(v1::Training::BFLOAT16), true).value(), MatrixPrecision::kBfloat16);
  EXPECT_EQ(TrainingPrecision(TrainingWith(v1::Training::BFLOAT16), false).value(), MatrixPrecision::kRoundedFloat32);
  EXPECT_EQ(TrainingPrecision(TrainingWith(v1::Training::BFLOAT16, ""), false).value(), MatrixPrecision::kRoundedFloat32);
  EXPECT_EQ(TrainingPrecision(TrainingWith(v1::Training::BFLOAT16, "cuda:1"), false).value(), MatrixPrecision::kBfloat16);
}

TEST(TrainingPrecision, RefusesAValueThatIsNone) {
  for (int value : {0, 17}) {
    const absl::Status status =
        TrainingPrecision(TrainingWith(static_cast<v1::Training::MatrixPrecision>(value)), true).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("training.matrix_precision is " + std::to_string(value)));
  }
}

TEST(RoundedPrecisionWarning, IsGivenWhereBfloat16SavesNothingOnly) {
  const v1::Training on_cpu = TrainingWith(v1::Training::BFLOAT16);
  EXPECT_THAT(RoundedPrecisionWarning(on_cpu, false), HasSubstr("set FLOAT32"));
  EXPECT_EQ(RoundedPrecisionWarning(on_cpu, true), "");
  EXPECT_EQ(RoundedPrecisionWarning(TrainingWith(v1::Training::BFLOAT16, "cuda"), false), "");
  EXPECT_EQ(RoundedPrecisionWarning(TrainingWith(v1::Training::FLOAT32), false), "");
}

}  // namespace
}  // namespace evenkeel
