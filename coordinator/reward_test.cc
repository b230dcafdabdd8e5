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

// Steps of 0.25 s, durations discounted by 0.9 per second.
v1::Agent Steps() {
  v1::Agent agent;
  agent.set_step_interval_seconds(0.25);
  agent.set_duration_decay_per_second(0.9);
  return agent;
}

GlobalReward Make(v1::Reward::Kind kind, int lbs, int servers) {
  return GlobalReward::Create(Options(kind), Steps(), lbs, servers).value();
}

// What one LB saw of n servers where nothing happened.
v1::Observation Idle(int servers) {
  v1::Observation observation;
  for (auto* field : {observation.mutable_open_flows(), observation.mutable_flow_duration_mean_decayed(),
                      observation.mutable_mean_open_flows(), observation.mutable_flows_sent(),
                      observation.mutable_flows_finished(), observation.mutable_flows_rejected(),
                      observation.mutable_flow_duration_sum()}) {
    field->Resize(servers, 0);
  }
  observation.mutable_available()->Resize(servers, 1);
  return observation;
}

// What one LB saw where `flows` [n] ended, each after duration_s [n].
v1::Observation Ended(const std::vector<float>& flows, const std::vector<float>& duration_s) {
  v1::Observation observation = Idle(static_cast<int>(flows.size()));
  for (size_t j = 0; j < flows.size(); ++j) {
    observation.set_flows_finished(j, flows[j]);
    observation.set_flow_duration_sum(j, flows[j] * duration_s[j]);
  }
  return observation;
}

v1::Observation Durations(const std::vector<float>& durations_s) {
  v1::Observation observation;
  for (float duration : durations_s) {
    observation.add_flow_duration_mean_decayed(duration);
    observation.add_available(1);
  }
  return observation;
}

std::vector<const v1::Observation*> Pointers(const std::vector<v1::Observation>& observations) {
  std::vector<const v1::Observation*> pointers;
  for (const v1::Observation& observation : observations) pointers.push_back(&observation);
  return pointers;
}

double StepOf(GlobalReward& reward, const std::vector<v1::Observation>& observations,
              const std::vector<v1::Observation>& twin = {}) {
  return reward.Step(Pointers(observations), Pointers(twin));
}

TEST(FairnessTest, HasTheHandComputedValues) {
  const std::vector<double> durations = {0.1, 0.2, 0.4};
  EXPECT_NEAR(Fairness(v1::Reward::PRODUCT, durations), 0.25 * 0.5 * 1, 1e-12);
  EXPECT_NEAR(Fairness(v1::Reward::PRODUCT_NORMALISED, durations), 0.25 * 0.5 * 1, 1e-12);
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
    EXPECT_EQ(Fairness(v1::Reward::PRODUCT_NORMALISED, few), 1);
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
      for (int kind = v1::Reward::PRODUCT; kind <= v1::Reward::PRODUCT_NORMALISED; ++kind) {
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
  auto reward = GlobalReward::Create(Options(v1::Reward::PRODUCT), Steps(), 2, 2);
  ASSERT_TRUE(reward.ok());
  // Each LB sees a ratio of 1:4, in opposite directions; the mean over the LBs would be even.
  EXPECT_NEAR(StepOf(*reward, {Durations({0.1f, 0.4f}), Durations({0.4f, 0.1f})}), 0.25, 1e-6);
}

TEST(GlobalRewardTest, PutsTheShareOnTheNewValue) {
  auto reward = GlobalReward::Create(Options(v1::Reward::NEGATIVE_MAX, 0.9), Steps(), 1, 2);
  ASSERT_TRUE(reward.ok());
  EXPECT_NEAR(StepOf(*reward, {Durations({1.0f, 0.5f})}), -1.0, 1e-6);
  EXPECT_NEAR(StepOf(*reward, {Durations({2.0f, 0.5f})}), -(0.1 * 1.0 + 0.9 * 2.0), 1e-6);
  EXPECT_NEAR(StepOf(*reward, {Durations({2.0f, 0.5f})}), -(0.1 * 1.9 + 0.9 * 2.0), 1e-6);
}

TEST(GlobalRewardTest, LeavesOutAServerWithoutASample) {
  auto reward = GlobalReward::Create(Options(v1::Reward::PRODUCT), Steps(), 1, 3);
  ASSERT_TRUE(reward.ok());
  EXPECT_NEAR(StepOf(*reward, {Durations({0.2f, 0.0f, 0.4f})}), 0.5, 1e-6);
}

TEST(GlobalRewardTest, LeavesOutAServerThatTakesNoFlowsAndForgetsItsAverage) {
  auto reward = GlobalReward::Create(Options(v1::Reward::NEGATIVE_MAX, 0.5), Steps(), 1, 2);
  ASSERT_TRUE(reward.ok());
  v1::Observation draining = Durations({8.0f, 1.0f});
  EXPECT_NEAR(StepOf(*reward, {draining}), -8, 1e-6);
  draining.set_available(0, 0);
  EXPECT_NEAR(StepOf(*reward, {draining}), -1, 1e-6);
  EXPECT_NEAR(StepOf(*reward, {Durations({2.0f, 1.0f})}), -2, 1e-6);
}

TEST(GlobalRewardTest, IsFiniteOverIdleServersAndNonsense) {
  auto reward = GlobalReward::Create(Options(v1::Reward::LOG_PRODUCT, 0.9), Steps(), 2, 256);
  ASSERT_TRUE(reward.ok());
  v1::Observation idle = Durations(std::vector<float>(256, 0.0f));
  v1::Observation strange = Durations(std::vector<float>(256, 0.1f));
  strange.set_flow_duration_mean_decayed(0, std::numeric_limits<float>::quiet_NaN());
  strange.set_flow_duration_mean_decayed(1, std::numeric_limits<float>::infinity());
  strange.set_flow_duration_mean_decayed(2, -1);
  EXPECT_EQ(StepOf(*reward, {idle, strange}), 0);
}

TEST(NormalisedProductTest, ComparesTrueMeansHoweverManyFlowsThereWere) {
  GlobalReward reward = Make(v1::Reward::PRODUCT_NORMALISED, 1, 3);
  EXPECT_NEAR(StepOf(reward, {Ended({1, 100, 7}, {0.1f, 0.2f, 0.4f})}), 0.25 * 0.5, 1e-6);
}

TEST(NormalisedProductTest, DiscountsSumAndNumberAlike) {
  GlobalReward reward = Make(v1::Reward::PRODUCT_NORMALISED, 1, 2);
  StepOf(reward, {Ended({10, 10}, {0.1f, 0.4f})});
  const double kept = std::pow(0.9, 0.25);
  const double first = (kept * 10 * 0.1 + 10 * 0.3) / (kept * 10 + 10);
  EXPECT_NEAR(StepOf(reward, {Ended({10, 0}, {0.3f, 0})}), first / 0.4, 1e-6);
}

TEST(NormalisedProductTest, LeavesOutServersWithoutFlowsOrThatTakeNone) {
  GlobalReward reward = Make(v1::Reward::PRODUCT_NORMALISED, 1, 3);
  v1::Observation ended = Ended({5, 0, 5}, {0.2f, 0, 0.4f});
  EXPECT_NEAR(StepOf(reward, {ended}), 0.5, 1e-6);
  ended.set_available(0, 0);
  EXPECT_EQ(StepOf(reward, {ended}), 1);
  ended = Ended({0, 5, 0}, {0, 0.1f, 0});
  EXPECT_NEAR(StepOf(reward, {ended}), 0.25, 1e-6);  // what server 0 had is forgotten
}

TEST(NormalisedProductTest, IsTheMeanOverTheLbs) {
  GlobalReward reward = Make(v1::Reward::PRODUCT_NORMALISED, 2, 2);
  EXPECT_NEAR(StepOf(reward, {Ended({1, 1}, {0.1f, 0.4f}), Ended({1, 1}, {0.4f, 0.2f})}), (0.25 + 0.5) / 2,
              1e-6);
}

TEST(MeanDurationTest, IsOverAllFlowsOfAllLbs) {
  GlobalReward reward = Make(v1::Reward::NEGATIVE_MEAN_DURATION, 2, 2);
  EXPECT_NEAR(StepOf(reward, {Ended({3, 0}, {0.1f, 0}), Ended({0, 1}, {0, 0.5f})}), -0.8 / 4, 1e-6);
}

TEST(MeanDurationTest, StaysInAStepInWhichNoFlowEnds) {
  GlobalReward reward = Make(v1::Reward::NEGATIVE_MEAN_DURATION, 1, 2);
  EXPECT_EQ(StepOf(reward, {Idle(2)}), 0);
  EXPECT_NEAR(StepOf(reward, {Ended({1, 0}, {0.3f, 0})}), -0.3, 1e-6);
  EXPECT_NEAR(StepOf(reward, {Idle(2)}), -0.3, 1e-6);
}

TEST(MeanDurationTest, ARejectedFlowLastedFortySeconds) {
  GlobalReward reward = Make(v1::Reward::NEGATIVE_MEAN_DURATION, 1, 2);
  v1::Observation ended = Ended({3, 0}, {0.2f, 0});
  ended.set_flows_rejected(1, 1);
  EXPECT_NEAR(StepOf(reward, {ended}), -(0.6 + 40) / 4, 1e-5);
}

TEST(OpenFlowsTest, AreAllFlowsPerServer) {
  GlobalReward reward = Make(v1::Reward::NEGATIVE_OPEN_FLOWS, 2, 2);
  v1::Observation zero = Idle(2), one = Idle(2);
  zero.set_mean_open_flows(0, 1.5f);
  one.set_mean_open_flows(1, 4.5f);
  EXPECT_NEAR(StepOf(reward, {zero, one}), -3, 1e-6);
}

TEST(OpenFlowsTest, TheSumOverTheStepsIsTheFlowSecondsOfAllAndFortyForEachRejected) {
  GlobalReward reward = Make(v1::Reward::NEGATIVE_OPEN_FLOWS, 1, 4);
  v1::Observation busy = Idle(4), refused = Idle(4);
  busy.set_mean_open_flows(0, 8);
  refused.set_flows_rejected(2, 3);
  const double total = StepOf(reward, {busy}) + StepOf(reward, {refused});
  EXPECT_NEAR(-total * 4 * 0.25, 8 * 0.25 + 3 * 40, 1e-4);
}

TEST(SedTwinTest, IsHowManyMoreFlowsTheTwinHasOpen) {
  GlobalReward reward = Make(v1::Reward::SED_TWIN, 1, 2);
  v1::Observation seen = Idle(2), twin = Idle(2);
  seen.set_mean_open_flows(0, 3);
  twin.set_mean_open_flows(1, 5);
  EXPECT_NEAR(StepOf(reward, {seen}, {twin}), 1, 1e-6);
  EXPECT_NEAR(StepOf(reward, {twin}, {seen}), -1, 1e-6);
  EXPECT_EQ(StepOf(reward, {seen}, {seen}), 0);
}

TEST(SedTwinTest, AFlowRejectedHereAndNotThereCosts) {
  GlobalReward reward = Make(v1::Reward::SED_TWIN, 1, 2);
  v1::Observation seen = Idle(2);
  seen.set_flows_rejected(0, 1);
  EXPECT_NEAR(StepOf(reward, {seen}, {Idle(2)}), -40 / 0.25 / 2, 1e-4);
}

TEST(RegretTest, IsPerServerAndSecond) {
  GlobalReward reward = Make(v1::Reward::NEGATIVE_REGRET, 1, 2);
  const v1::Observation seen = Idle(2);
  EXPECT_NEAR(reward.Step(Pointers({seen}), {}, /*regret_s=*/3), -3 / 0.25 / 2, 1e-6);
  EXPECT_EQ(reward.Step(Pointers({seen}), {}, /*regret_s=*/0), 0);
}

TEST(RegretTest, AHeadIsPaidWhatItsFactorGainedPerSecond) {
  EXPECT_EQ(Make(v1::Reward::NEGATIVE_REGRET, 1, 2).HeadRewards({0.5f, -1}), (std::vector<float>{2, -4}));
  EXPECT_TRUE(Make(v1::Reward::NEGATIVE_OPEN_FLOWS, 1, 2).HeadRewards({0.5f, -1}).empty());
}

class AnyKindTest : public testing::TestWithParam<int> {
 protected:
  // The reward of a step in which both LBs, and their twins, saw the same.
  double Step(GlobalReward& reward, const v1::Observation& seen) {
    const bool twin = GlobalReward::NeedsTwin(kind());
    return StepOf(reward, {seen, seen},
                  twin ? std::vector<v1::Observation>{seen, seen} : std::vector<v1::Observation>{});
  }
  v1::Reward::Kind kind() const { return static_cast<v1::Reward::Kind>(GetParam()); }
};

TEST_P(AnyKindTest, IsFiniteFor256ServersOfWhichSomeAreIdleOrRefuse) {
  GlobalReward reward = Make(kind(), 2, 256);
  v1::Observation seen = Idle(256);
  for (int j = 0; j < 128; ++j) {
    seen.set_flow_duration_mean_decayed(j, 1e-3f * (j + 1));
    seen.set_flows_finished(j, 1 + j % 7);
    seen.set_flow_duration_sum(j, 1e-3f * (1 + j % 7) * (j + 1));
    seen.set_mean_open_flows(j, 160);
    seen.set_flows_rejected(j, 1000);
    seen.set_available(j, j % 5 > 0);
  }
  for (int step = 0; step < 3; ++step) {
    EXPECT_TRUE(std::isfinite(static_cast<float>(Step(reward, seen)))) << v1::Reward::Kind_Name(kind());
  }
}

TEST_P(AnyKindTest, IsFiniteWithoutAnyFlowFromTheStartAndLongAfterTheLast) {
  GlobalReward reward = Make(kind(), 2, 24);
  EXPECT_TRUE(std::isfinite(Step(reward, Idle(24))));
  v1::Observation busy = Idle(24);
  for (int j = 0; j < 24; ++j) {
    busy.set_flow_duration_mean_decayed(j, 0.1f);
    busy.set_flows_finished(j, 1);
    busy.set_flow_duration_sum(j, 0.1f);
  }
  Step(reward, busy);
  for (int step = 0; step < 40000; ++step) {
    ASSERT_TRUE(std::isfinite(static_cast<float>(Step(reward, Idle(24))))) << step;
  }
}

TEST_P(AnyKindTest, IsFiniteWhenNoServerIsThere) {
  GlobalReward reward = Make(kind(), 2, 24);
  v1::Observation gone = Idle(24);
  for (float& available : *gone.mutable_available()) available = 0;
  EXPECT_TRUE(std::isfinite(Step(reward, gone)));
}

INSTANTIATE_TEST_SUITE_P(Kinds, AnyKindTest,
                         testing::Range<int>(v1::Reward::PRODUCT, v1::Reward::Kind_MAX + 1),
                         [](const auto& info) {
                           return v1::Reward::Kind_Name(static_cast<v1::Reward::Kind>(info.param));
                         });

TEST(GlobalRewardTest, RefusesOptionsThatItCannotFollow) {
  v1::Agent no_step = Steps(), no_decay = Steps();
  no_step.clear_step_interval_seconds();
  no_decay.set_duration_decay_per_second(1.5);
  for (const v1::Agent& agent : {no_step, no_decay}) {
    EXPECT_EQ(GlobalReward::Create(Options(v1::Reward::JAIN), agent, 1, 1).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_EQ(GlobalReward::Create(Options(v1::Reward::UNSET), Steps(), 1, 1).status().code(),
            absl::StatusCode::kInvalidArgument);
  for (double share : {0.0, -1.0, 1.5, std::nan("")}) {
    EXPECT_EQ(GlobalReward::Create(Options(v1::Reward::JAIN, share), Steps(), 1, 1).status().code(),
              absl::StatusCode::kInvalidArgument)
        << share;
  }
}

}  // namespace
}  // namespace evenkeel
