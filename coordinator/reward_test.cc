#include "coordinator/reward.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace evenkeel {
namespace {

v1::Reward Options(v1::Reward::Kind kind, double share = 1) {
  v1::Reward options;
  options.set_kind(kind);
  options.set_new_value_share(share);
  return options;
}

v1::Observation Durations(const std::vector<float>& durations_s) {
  v1::Observation observation;
  for (float duration : durations_s) {
    observation.add_flow_duration_mean_decayed(duration);
    observation.add_available(1);
  }
  return observation;
}

double StepOf(GlobalReward& reward, const std::vector<v1::Observation>& observations) {
  std::vector<const v1::Observation*> pointers;
  for (const v1::Observation& observation : observations) pointers.push_back(&observation);
  return reward.Step(pointers);
}

TEST(FairnessTest, HasTheHandComputedValues) {
  const std::vector<double> durations = {0.1, 0.2, 0.4};
  EXPECT_NEAR(Fairness(v1::Reward::PRODUCT, durations), 0.25 * 0.5 * 1, 1e-12);
  EXPECT_NEAR(Fairness(v1::Reward::PRODUCT_LITERAL, durations), 0.1 * 0.2 * 0.4 / 0.4, 1e-12);
  EXPECT_NEAR(Fairness(v1::Reward::LOG_PRODUCT, durations), std::log(0.125) / 3, 1e-12);
  EXPECT_NEAR(Fairness(v1::Reward::JAIN, durations), 0.49 / (3 * 0.21), 1e-12);
  EXPECT_NEAR(Fairness(v1::Reward::NEGATIVE_VARIANCE, durations), -(0.07 - 0.49 / 9), 1e-12);
  EXPECT_NEAR(Fairness(v1::Reward::NEGATIVE_MAX, durations), -0.4, 1e-12);
}

TEST(FairnessTest, IsTheValueOfPerfectEvennessForFewerThanTwoServers) {
  for (const std::vector<double>& few : {std::vector<double>{}, std::vector<double>{0.3}}) {
    EXPECT_EQ(Fairness(v1::Reward::PRODUCT, few), 1);
    EXPECT_EQ(Fairness(v1::Reward::PRODUCT_LITERAL, few), 1);
    EXPECT_EQ(Fairness(v1::Reward::LOG_PRODUCT, few), 0);
    EXPECT_EQ(Fairness(v1::Reward::JAIN, few), 1);
    EXPECT_EQ(Fairness(v1::Reward::NEGATIVE_VARIANCE, few), 0);
  }
  EXPECT_EQ(Fairness(v1::Reward::NEGATIVE_MAX, {}), 0);
  EXPECT_EQ(Fairness(v1::Reward::NEGATIVE_MAX, {0.3}), -0.3);
}

TEST(FairnessTest, IsFiniteAsAFloatForManyAndExtremeServers) {
  for (double extreme : {1e-30, 1e-6, 1.0, 1e6, 1e30}) {
    for (int servers : {2, 24, 256}) {
      std::vector<double> durations(servers, extreme);
      durations[0] = 1;
      for (int kind = v1::Reward::PRODUCT; kind <= v1::Reward::NEGATIVE_MAX; ++kind) {
        const double value = Fairness(static_cast<v1::Reward::Kind>(kind), durations);
        // A variance of 1e60 s^2 is no float, and no duration in seconds either.
        if (kind == v1::Reward::NEGATIVE_VARIANCE && extreme > 1e6) continue;
        EXPECT_TRUE(std::isfinite(static_cast<float>(value))) << kind << " " << servers << " " << extreme;
      }
    }
  }
}

TEST(FairnessTest, TheLogProductKeepsItsScaleWhereTheProductVanishes) {
  std::vector<double> durations(256, 0.14);
  durations[0] = 1;
  EXPECT_LT(Fairness(v1::Reward::PRODUCT, durations), 1e-100);
  EXPECT_NEAR(Fairness(v1::Reward::LOG_PRODUCT, durations), std::log(0.14) * 255 / 256, 1e-9);
}

TEST(GlobalRewardTest, IsTheMeanOfTheFairnessNotTheFairnessOfTheMean) {
  auto reward = GlobalReward::Create(Options(v1::Reward::PRODUCT), 2, 2);
  ASSERT_TRUE(reward.ok());
  // Each LB sees a ratio of 1:4, in opposite directions; the mean over the LBs would be even.
  EXPECT_NEAR(StepOf(*reward, {Durations({0.1f, 0.4f}), Durations({0.4f, 0.1f})}), 0.25, 1e-6);
}

TEST(GlobalRewardTest, PutsTheShareOnTheNewValue) {
  auto reward = GlobalReward::Create(Options(v1::Reward::NEGATIVE_MAX, 0.9), 1, 2);
  ASSERT_TRUE(reward.ok());
  EXPECT_NEAR(StepOf(*reward, {Durations({1.0f, 0.5f})}), -1.0, 1e-6);
  EXPECT_NEAR(StepOf(*reward, {Durations({2.0f, 0.5f})}), -(0.1 * 1.0 + 0.9 * 2.0), 1e-6);
  EXPECT_NEAR(StepOf(*reward, {Durations({2.0f, 0.5f})}), -(0.1 * 1.9 + 0.9 * 2.0), 1e-6);
}

TEST(GlobalRewardTest, LeavesOutAServerWithoutASample) {
  auto reward = GlobalReward::Create(Options(v1::Reward::PRODUCT), 1, 3);
  ASSERT_TRUE(reward.ok());
  EXPECT_NEAR(StepOf(*reward, {Durations({0.2f, 0.0f, 0.4f})}), 0.5, 1e-6);
}

TEST(GlobalRewardTest, LeavesOutAServerThatTakesNoFlowsAndForgetsItsAverage) {
  auto reward = GlobalReward::Create(Options(v1::Reward::NEGATIVE_MAX, 0.5), 1, 2);
  ASSERT_TRUE(reward.ok());
  v1::Observation draining = Durations({8.0f, 1.0f});
  EXPECT_NEAR(StepOf(*reward, {draining}), -8, 1e-6);
  draining.set_available(0, 0);
  EXPECT_NEAR(StepOf(*reward, {draining}), -1, 1e-6);
  EXPECT_NEAR(StepOf(*reward, {Durations({2.0f, 1.0f})}), -2, 1e-6);
}

TEST(GlobalRewardTest, IsFiniteOverIdleServersAndNonsense) {
  auto reward = GlobalReward::Create(Options(v1::Reward::LOG_PRODUCT, 0.9), 2, 256);
  ASSERT_TRUE(reward.ok());
  v1::Observation idle = Durations(std::vector<float>(256, 0.0f));
  v1::Observation strange = Durations(std::vector<float>(256, 0.1f));
  strange.set_flow_duration_mean_decayed(0, std::numeric_limits<float>::quiet_NaN());
  strange.set_flow_duration_mean_decayed(1, std::numeric_limits<float>::infinity());
  strange.set_flow_duration_mean_decayed(2, -1);
  EXPECT_EQ(StepOf(*reward, {idle, strange}), 0);
}

TEST(GlobalRewardTest, RefusesOptionsThatItCannotFollow) {
  EXPECT_EQ(GlobalReward::Create(Options(v1::Reward::UNSET), 1, 1).status().code(),
            absl::StatusCode::kInvalidArgument);
  for (double share : {0.0, -1.0, 1.5, std::nan("")}) {
    EXPECT_EQ(GlobalReward::Create(Options(v1::Reward::JAIN, share), 1, 1).status().code(),
              absl::StatusCode::kInvalidArgument)
        << share;
  }
}

}  // namespace
}  // namespace evenkeel
