#include "experiments/statistics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "common/rng.h"

namespace evenkeel {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double QuantileOf(std::vector<float> values, double share) { return Quantile(absl::MakeSpan(values), share); }

TEST(StatisticsTest, QuantilesAreLinearBetweenOrderStatistics) {
  EXPECT_DOUBLE_EQ(QuantileOf({4, 1, 3, 2}, 0.5), 2.5);
  EXPECT_DOUBLE_EQ(QuantileOf({40, 10, 30, 20, 50}, 0.9), 46);
  EXPECT_DOUBLE_EQ(QuantileOf({4, 1, 3, 2}, 0), 1);
  EXPECT_DOUBLE_EQ(QuantileOf({4, 1, 3, 2}, 1), 4);
  EXPECT_DOUBLE_EQ(QuantileOf({7}, 0.99), 7);
  EXPECT_TRUE(std::isnan(QuantileOf({}, 0.5)));
}

TEST(StatisticsTest, StudentCriticalValuesAreThoseOfTheTables) {
  EXPECT_NEAR(StudentCritical95(1), 12.7062, 1e-4);
  EXPECT_NEAR(StudentCritical95(2), 4.3027, 1e-4);
  EXPECT_NEAR(StudentCritical95(3), 3.1824, 1e-4);
  EXPECT_NEAR(StudentCritical95(4), 2.7764, 1e-4);
  EXPECT_NEAR(StudentCritical95(9), 2.2622, 1e-4);
  EXPECT_NEAR(StudentCritical95(30), 2.0423, 1e-4);
  EXPECT_NEAR(StudentCritical95(100000), 1.96, 1e-4);
}

TEST(StatisticsTest, MeanEstimateOfAWorkedExample) {
  const Estimate estimate =
      MeanEstimate({9, 10, 11, 12, 13});  // sd 1.5811, standard error .7071, t(4) 2.7764
  EXPECT_DOUBLE_EQ(estimate.value, 11);
  EXPECT_NEAR(estimate.low, 11 - 1.9632, 1e-4);
  EXPECT_NEAR(estimate.high, 11 + 1.9632, 1e-4);
}

TEST(StatisticsTest, OneValueHasNoInterval) {
  const Estimate estimate = MeanEstimate({3});
  EXPECT_EQ(estimate.value, 3);
  EXPECT_TRUE(std::isnan(estimate.low));
  EXPECT_TRUE(std::isnan(MeanEstimate({}).value));
}

TEST(StatisticsTest, MeanEstimateCoversTheTruthInNineteenOfTwentyCases) {
  Rng rng(1);
  int covered = 0;
  for (int trial = 0; trial < 2000; ++trial) {
    std::vector<double> values(5);
    for (double& value : values) value = 10 + 3 * rng.Normal();
    const Estimate estimate = MeanEstimate(values);
    covered += estimate.low <= 10 && 10 <= estimate.high;
  }
  // Binomial(2000, .95): standard deviation 9.7, so five of them fail with probability below 1e-6. A normal
  // interval (1.96 for 2.776) would cover 88 %.
  EXPECT_NEAR(covered, 1900, 49);
}

TEST(StatisticsTest, ADifferenceThatIsTheSameOnAllTracesHasNoWidth) {
  const Estimate estimate = PairedDifferencePercent({110, 220, 55}, {100, 200, 50}, 1);
  EXPECT_NEAR(estimate.value, 10, 1e-9);
  EXPECT_NEAR(estimate.low, 10, 1e-9);
  EXPECT_NEAR(estimate.high, 10, 1e-9);
}

TEST(StatisticsTest, PairingRemovesWhatTracesHaveInCommon) {
  Rng rng(2);
  std::vector<double> values, baseline;
  for (int i = 0; i < 10; ++i) {
    const double trace = 100 + 50 * rng.Uniform();
    baseline.push_back(trace);
    values.push_back(0.95 * trace + 0.5 * rng.Normal());
  }
  const Estimate estimate = PairedDifferencePercent(values, baseline, 1);
  EXPECT_NEAR(estimate.value, -5, 0.5);
  EXPECT_LT(estimate.high, -4);
  EXPECT_GT(estimate.low, -6);
}

TEST(StatisticsTest, BootstrapIntervalAgreesWithTheNormalOneForManyPairs) {
  Rng rng(3);
  std::vector<double> values, baseline;
  for (int i = 0; i < 400; ++i) {
    baseline.push_back(100);
    values.push_back(100 + 10 * rng.Normal());
  }
  const Estimate bootstrap = PairedDifferencePercent(values, baseline, 1);
  const Estimate normal = MeanEstimate(values);
  // The ends of 4000 resamples have a standard error of about 0.02 here; 0.12 is five of them and more.
  EXPECT_NEAR(bootstrap.low, normal.low - 100, 0.12);
  EXPECT_NEAR(bootstrap.high, normal.high - 100, 0.12);
}

TEST(StatisticsTest, TheBootstrapRepeatsWithItsSeed) {
  const std::vector<double> values = {3, 5, 4, 8}, baseline = {4, 4, 5, 6};
  const Estimate first = PairedDifferencePercent(values, baseline, 7);
  const Estimate again = PairedDifferencePercent(values, baseline, 7);
  EXPECT_EQ(first.low, again.low);
  EXPECT_EQ(first.high, again.high);
  EXPECT_LT(first.low, first.value);
  EXPECT_LT(first.value, first.high);
}

TEST(StatisticsTest, ADifferenceFromNothingKnownIsNotANumber) {
  EXPECT_TRUE(std::isnan(PairedDifferencePercent({1, kNaN}, {1, 2}, 1).value));
  EXPECT_TRUE(std::isnan(PairedDifferencePercent({1, 2}, {0, 0}, 1).value));
  EXPECT_TRUE(std::isnan(PairedDifferencePercent({}, {}, 1).value));
  EXPECT_TRUE(std::isnan(PairedDifferencePercent({3}, {2}, 1).low));
}

TEST(StatisticsTest, OneTrainingSeedIsThePairedDifference) {
  const std::vector<double> values = {3, 5, 4, 8}, baseline = {4, 4, 5, 6};
  const Estimate crossed = CrossedDifferencePercent({values}, baseline, 7);
  const Estimate paired = PairedDifferencePercent(values, baseline, 7);
  EXPECT_EQ(crossed.value, paired.value);
  EXPECT_EQ(crossed.low, paired.low);
  EXPECT_EQ(crossed.high, paired.high);
}

TEST(StatisticsTest, TheIntervalOverTrainingSeedsHoldsWhatTrainingVaries) {
  // Each training seed is the same on all traces: pairing leaves no noise but that of training.
  const std::vector<double> baseline = {100, 200, 300};
  const Estimate estimate = CrossedDifferencePercent({{90, 180, 270}, {110, 220, 330}}, baseline, 1);
  EXPECT_NEAR(estimate.value, 0, 1e-9);
  EXPECT_NEAR(estimate.low, -10, 1e-9);
  EXPECT_NEAR(estimate.high, 10, 1e-9);
}

TEST(StatisticsTest, TheCrossedMeanCoversBothSourcesOfVariation) {
  Rng rng(4);
  int covered = 0;
  for (int repeat = 0; repeat < 400; ++repeat) {
    std::vector<double> traces(20);
    for (double& trace : traces) trace = rng.Normal();
    std::vector<std::vector<double>> values(10, traces);
    for (std::vector<double>& of_seed : values) {
      const double trained = rng.Normal();
      for (double& value : of_seed) value += trained;
    }
    const Estimate estimate = CrossedMean(values, repeat, 200);
    covered += estimate.low <= 0 && estimate.high >= 0;
  }
  // 10 training seeds: nominally 95 %, in truth about 90 %; resampling traces alone would cover 65 %.
  // Binomial(400, .9): standard deviation 6, five of them.
  EXPECT_GT(covered, 330);
}

TEST(StatisticsTest, FairnessOfKnownLoads) {
  EXPECT_DOUBLE_EQ(ProductFairness({2, 4, 1}), 0.125);
  EXPECT_DOUBLE_EQ(ProductFairness({3, 3, 3}), 1);
  EXPECT_DOUBLE_EQ(ProductFairness({3, 0}), 0);
  EXPECT_DOUBLE_EQ(JainIndex({1, 2, 3}), 36.0 / 42);
  EXPECT_DOUBLE_EQ(JainIndex({5, 0, 0, 0}), 0.25);
  EXPECT_TRUE(std::isnan(ProductFairness({})));
  EXPECT_TRUE(std::isnan(JainIndex({})));
}

}  // namespace
}  // namespace evenkeel
