#include "algorithms/adam.h"

#include <gtest/gtest.h>

#include <cmath>

namespace evenkeel {
namespace {

TEST(Adam, TheFirstStepMovesEveryParameterByTheLearningRateAgainstItsGradient) {
  Adam adam(2, 0.01);
  std::vector<float> parameters = {1, 1};
  adam.Step(1, 1.0f, {3.0f, -0.5f}, absl::MakeSpan(parameters));
  EXPECT_NEAR(parameters[0], 0.99, 1e-6);
  EXPECT_NEAR(parameters[1], 1.01, 1e-6);
}

TEST(Adam, TheSecondStepMatchesTheFormula) {
  Adam adam(1, 0.1);
  std::vector<float> parameters = {0};
  adam.Step(1, 1.0f, {1.0f}, absl::MakeSpan(parameters));
  adam.Step(2, 1.0f, {-2.0f}, absl::MakeSpan(parameters));
  // m = .9 x .1 - .2 = -.11, v = .999 x .001 + .004 = .004999; corrected by .19 and .001999.
  const double expected = -0.1 - 0.1 * (-0.11 / 0.19) / std::sqrt(0.004999 / 0.001999);
  EXPECT_NEAR(parameters[0], expected, 1e-6);
}

TEST(Adam, TheScaleMultipliesTheGradient) {
  Adam scaled(1, 0.1), plain(1, 0.1);
  std::vector<float> a = {0}, b = {0};
  for (uint64_t step = 1; step <= 3; ++step) {
    const float gradient = static_cast<float>(step * step);
    scaled.Step(step, 0.5f, {gradient}, absl::MakeSpan(a));
    plain.Step(step, 1.0f, {0.5f * gradient}, absl::MakeSpan(b));
  }
  EXPECT_EQ(a, b);
}

TEST(Adam, FindsTheMinimumOfAParabola) {
  Adam adam(1, 0.05);
  std::vector<float> parameters = {4};
  for (uint64_t step = 1; step <= 500; ++step) {
    adam.Step(step, 1.0f, {2 * (parameters[0] - 1)}, absl::MakeSpan(parameters));
  }
  EXPECT_NEAR(parameters[0], 1.0f, 1e-2);
}

}  // namespace
}  // namespace evenkeel
