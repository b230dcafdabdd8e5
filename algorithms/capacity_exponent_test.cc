#include "algorithms/capacity_exponent.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "common/observation_features.h"

namespace evenkeel {
namespace {

// Servers to each of which flows go in proportion to nominal^(1 + e), so that with true capacities nominal^(1 + truth) their
// durations go as nominal^(e - truth).
class Pool {
 public:
  Pool(std::vector<float> nominal, double truth) : nominal_(std::move(nominal)), truth_(truth) {}

  std::vector<float> Step(double exponent, double flows = 100) const {
    std::vector<float> raw(nominal_.size() * kFeatures);
    double sum = 0;
    for (float weight : nominal_) sum += std::pow(weight, 1 + exponent);
    for (size_t j = 0; j < nominal_.size(); ++j) {
      const double finished = flows * std::pow(nominal_[j], 1 + exponent) / sum;
      float* row = &raw[j * kFeatures];
      row[kAvailable] = 1;
      row[kFlowsFinished] = static_cast<float>(finished);
      row[kMeanOpenFlows] = static_cast<float>(finished * 0.3 * std::pow(nominal_[j], exponent - truth_) / 0.25);
    }
    return raw;
  }

 private:
  const std::vector<float> nominal_;
  const double truth_;
};

CapacityExponent::Options OptionsFor(std::vector<float> nominal) {
  CapacityExponent::Options options;
  options.seconds = 5;
  options.nominal_weights = std::move(nominal);
  return options;
}

TEST(CapacityExponent, FindsHowTheTrueCapacitiesGoWithTheNominalOnes) {
  for (double truth : {-0.74, 0.0, 0.58}) {  // told 2:1, in truth 1.2, 2 and 3
    const std::vector<float> nominal = {1, 2, 1, 2, 2};
    const Pool pool(nominal, truth);
    CapacityExponent exponent(OptionsFor(nominal));
    for (int step = 0; step < 2000; ++step) exponent.Step(pool.Step(exponent.value()).data());
    EXPECT_NEAR(exponent.value(), truth, 0.02);
  }
}

TEST(CapacityExponent, ATargetIsTheSlopeThatIsLeft) {
  const std::vector<float> nominal = {1, 2};
  const Pool pool(nominal, 0);
  CapacityExponent::Options options = OptionsFor(nominal);
  options.target = -0.1;
  CapacityExponent exponent(options);
  for (int step = 0; step < 2000; ++step) exponent.Step(pool.Step(exponent.value()).data());
  EXPECT_LT(exponent.value(), -0.08);
  EXPECT_GT(exponent.value(), -0.13);
}

TEST(CapacityExponent, ABurstThatAllServersBearByTheirCapacityMovesNothing) {
  const std::vector<float> nominal = {1, 2, 1, 2, 2, 8};
  const Pool pool(nominal, 0);
  CapacityExponent exponent(OptionsFor(nominal));
  for (int step = 0; step < 40; ++step) {
    std::vector<float> raw = pool.Step(0);
    // Ever more open flows everywhere, while as many finish as before.
    for (size_t j = 0; j < nominal.size(); ++j) raw[j * kFeatures + kMeanOpenFlows] *= 1 + step;
    exponent.Step(raw.data());
    ASSERT_NEAR(exponent.value(), 0, 1e-5);
  }
}

TEST(CapacityExponent, MovesMoreSlowlyWithAge) {
  const std::vector<float> nominal = {1, 2};
  CapacityExponent exponent(OptionsFor(nominal));
  const std::vector<float> raw = Pool(nominal, -1).Step(0);
  exponent.Step(raw.data());
  const double first = exponent.value();
  EXPECT_LT(first, 0);
  for (int step = 0; step < 10; ++step) exponent.Step(raw.data());
  const double before = exponent.value();
  exponent.Step(raw.data());
  EXPECT_GT(exponent.value() - before, 0.9 * first);  // both negative: a smaller step
}

TEST(CapacityExponent, IsZeroWhereAllNominalWeightsAreAlikeAndWhereNothingFinished) {
  const std::vector<float> alike = {1, 1}, nominal = {1, 2};
  CapacityExponent same(OptionsFor(alike)), idle(OptionsFor(nominal));
  for (int step = 0; step < 20; ++step) {
    std::vector<float> raw = Pool(alike, 0).Step(0);
    raw[kMeanOpenFlows] *= 3;
    same.Step(raw.data());
    idle.Step(Pool(nominal, 0).Step(0, 0).data());
  }
  EXPECT_EQ(same.value(), 0);
  EXPECT_EQ(idle.value(), 0);
}

TEST(CapacityExponent, AServerThatIsNotAvailableCountsNot) {
  const std::vector<float> nominal = {1, 2, 2};
  CapacityExponent with(OptionsFor(nominal));
  std::vector<float> raw = Pool(nominal, 0).Step(0);
  raw[2 * kFeatures + kAvailable] = 0;
  raw[2 * kFeatures + kMeanOpenFlows] = 1000;
  with.Step(raw.data());
  EXPECT_NEAR(with.value(), 0, 1e-5);
}

TEST(CapacityExponent, StaysWithinItsBounds) {
  const std::vector<float> nominal = {1, 8};
  CapacityExponent exponent(OptionsFor(nominal));
  const std::vector<float> raw = Pool(nominal, -10).Step(0);
  for (int step = 0; step < 1000; ++step) exponent.Step(raw.data());
  EXPECT_EQ(exponent.value(), -1.5);
}

}  // namespace
}  // namespace evenkeel
