#include "sim/workload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

namespace evenkeel::sim {
namespace {

using ::testing::HasSubstr;

std::vector<Flow> Generate(const WorkloadOptions& options, uint64_t seed, size_t count) {
  std::vector<Flow> flows(count);
  EXPECT_EQ((*MakeWorkload(options, seed))->Next(absl::MakeSpan(flows)), count);
  return flows;
}

bool Same(const Flow& a, const Flow& b) {
  return a.arrival_s == b.arrival_s && a.work_s == b.work_s && a.lb == b.lb && a.flow_class == b.flow_class;
}

WorkloadOptions Rich() {
  WorkloadOptions options;
  options.flows_per_second = 50;
  options.bursts.log_std = 0.3;
  options.diurnal = {0.5, 20};
  options.classes.resize(3);
  options.classes[1].work = FlowClassOptions::LOGNORMAL;
  options.classes[2].work = FlowClassOptions::EMPIRICAL;
  options.classes[2].seconds = {1, 2, 3};
  options.lb_shares = {1, 2};
  return options;
}

TEST(Workload, TheSameSeedGivesTheSameFlowsBitForBit) {
  const auto first = Generate(Rich(), 1, 5000), again = Generate(Rich(), 1, 5000),
             other = Generate(Rich(), 2, 5000);
  int differing = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    ASSERT_TRUE(Same(first[i], again[i])) << i;
    differing += !Same(first[i], other[i]);
  }
  EXPECT_GT(differing, 4990);
}

TEST(Workload, DoesNotDependOnTheBatchesItIsPulledIn) {
  const auto whole = Generate(Rich(), 1, 1000);
  auto source = *MakeWorkload(Rich(), 1);
  for (size_t i = 0; i < 1000; i += 8) {
    Flow flows[8];
    ASSERT_EQ(source->Next(absl::MakeSpan(flows)), 8u);
    for (size_t k = 0; k < 8; ++k) ASSERT_TRUE(Same(flows[k], whole[i + k]));
  }
}

TEST(Workload, AFlowKeepsItsWorkWhenOnlyTheRateChanges) {
  WorkloadOptions options = Rich();
  const auto slow = Generate(options, 1, 1000);
  options.flows_per_second *= 2;
  const auto fast = Generate(options, 1, 1000);
  for (size_t i = 0; i < slow.size(); ++i) {
    ASSERT_EQ(slow[i].work_s, fast[i].work_s);
    ASSERT_EQ(slow[i].lb, fast[i].lb);
  }
}

TEST(Workload, ArrivesInOrder) {
  const auto flows = Generate(Rich(), 3, 100000);
  for (size_t i = 1; i < flows.size(); ++i) ASSERT_LE(flows[i - 1].arrival_s, flows[i].arrival_s);
}

// Mean and variance of the number per second are the rate; 400,000 arrivals bound both by 5 standard errors
// of 0.16 % and 1.6 % (2,000 seconds: variance +-sqrt(2/2000)): failure probability below 1e-5.
TEST(Workload, IsPoissonWithoutModulation) {
  WorkloadOptions options;
  options.flows_per_second = 200;
  const auto flows = Generate(options, 1, 400000);
  std::vector<double> counts(1950);
  for (const Flow& flow : flows) {
    if (flow.arrival_s < counts.size()) ++counts[static_cast<size_t>(flow.arrival_s)];
  }
  double sum = 0, squares = 0;
  for (double count : counts) sum += count, squares += count * count;
  const double mean = sum / counts.size();
  EXPECT_NEAR(mean, 200, 0.008 * 200);
  EXPECT_NEAR(squares / counts.size() - mean * mean, 200, 0.16 * 200);
}

std::vector<double> RatePerSecond(const WorkloadOptions& options, size_t seconds) {
  std::vector<double> counts(seconds);
  auto source = *MakeWorkload(options, 7);
  std::vector<Flow> flows(1024);
  for (;;) {
    source->Next(absl::MakeSpan(flows));
    for (const Flow& flow : flows) {
      if (flow.arrival_s >= seconds) return counts;
      ++counts[static_cast<size_t>(flow.arrival_s)];
    }
  }
}

// log_std 0.5, correlation 2 s over 40,000 s: about 10,000 independent stretches. The mean multiplier has a
// standard error of 0.53 x sqrt(2 x 2 / 40,000) = 0.5 %; 5 of them bound the failure probability by 1e-6.
// That of the log's standard deviation is below 1 %, its lag-2 s correlation's below 1.5 %; 1-s averaging and
// Poisson noise bias both by what the constants allow for.
TEST(Workload, BurstsHaveMeanOneAndTheirSpreadAndCorrelation) {
  WorkloadOptions options;
  options.flows_per_second = 400;
  options.bursts = {0.5, 2};
  const auto counts = RatePerSecond(options, 40000);
  double sum = 0, log_sum = 0, log_squares = 0, log_products = 0;
  for (double count : counts) sum += count;
  for (size_t i = 0; i + 2 < counts.size(); ++i) {
    const double a = std::log(counts[i] / 400), b = std::log(counts[i + 2] / 400);
    log_sum += a, log_squares += a * a, log_products += a * b;
  }
  const double n = static_cast<double>(counts.size() - 2), log_mean = log_sum / n;
  const double variance = log_squares / n - log_mean * log_mean;
  EXPECT_NEAR(sum / counts.size(), 400, 0.027 * 400);
  // The mean over 1 s of a process correlated over 2 s keeps 85.2 % of its variance: 2 (x - 1 + e^-x) / x^2,
  // x = 0.5.
  EXPECT_NEAR(std::sqrt(variance), 0.5 * std::sqrt(0.852), 0.05 * 0.5);
  // Of two such means 2 s apart: e^-1 (cosh x - 1) / (x - 1 + e^-x) = 0.4408.
  EXPECT_NEAR((log_products / n - log_mean * log_mean) / variance, 0.441, 0.075);
}

TEST(Workload, FollowsTheDailyWave) {
  WorkloadOptions options;
  options.flows_per_second = 10000;
  options.diurnal = {0.8, 100};
  const auto counts = RatePerSecond(options, 100);
  for (size_t i = 0; i < counts.size(); ++i) {
    const double expected = 10000 * (1 + 0.8 * std::sin(2 * M_PI * (static_cast<double>(i) + 0.5) / 100));
    // 6 standard deviations: failure probability below 1e-6 over the 100 counts.
    EXPECT_NEAR(counts[i], expected, 6 * std::sqrt(expected) + 2) << i;
  }
}

TEST(Workload, AFullWaveStillsTheArrivalsButNeverStopsThem) {
  WorkloadOptions options;
  options.flows_per_second = 100;
  options.diurnal = {1, 10};
  EXPECT_NEAR(Generate(options, 1, 10000).back().arrival_s, 100, 6);
}

TEST(Workload, AFlashCrowdMultipliesTheRateWhileItLasts) {
  WorkloadOptions options;
  options.flows_per_second = 10000;
  options.flash_crowd = {30, 20, 2.5};
  const auto counts = RatePerSecond(options, 80);
  for (size_t i = 0; i < counts.size(); ++i) {
    const double expected = i >= 30 && i < 50 ? 25000 : 10000;
    // 6 standard deviations: failure probability below 1e-6 over the 80 counts.
    EXPECT_NEAR(counts[i], expected, 6 * std::sqrt(expected)) << i;
  }
}

TEST(Workload, AFlashCrowdLeavesTheFlowsBeforeItAsTheyAre) {
  WorkloadOptions options;
  options.bursts = {0.3, 5};
  const std::vector<Flow> without = Generate(options, 5, 2000);
  options.flash_crowd = {10, 5, 3};
  const std::vector<Flow> with = Generate(options, 5, 2000);
  for (size_t i = 0; without[i].arrival_s < 10; ++i) ASSERT_EQ(with[i].arrival_s, without[i].arrival_s) << i;
  EXPECT_LT(with.back().arrival_s, without.back().arrival_s);
}

// Shares of 100,000 draws: standard error at most 0.16 %, 5 of them: failure probability below 1e-5.
TEST(Workload, DrawsClassesAndLoadBalancersByTheirShares) {
  WorkloadOptions options;
  options.classes.resize(2);
  options.classes[0].share = 3;
  options.lb_shares = {1, 0, 2, 5};
  std::vector<double> classes(2), lbs(4);
  for (const Flow& flow : Generate(options, 1, 100000)) ++classes[flow.flow_class], ++lbs[flow.lb];
  EXPECT_NEAR(classes[0] / 1e5, 0.75, 0.008);
  EXPECT_NEAR(lbs[0] / 1e5, 0.125, 0.008);
  EXPECT_EQ(lbs[1], 0);
  EXPECT_NEAR(lbs[2] / 1e5, 0.25, 0.008);
  EXPECT_NEAR(lbs[3] / 1e5, 0.625, 0.008);
}

// 200,000 draws: 5 standard errors are 1.2 % of the exponential's mean and 1.5 % of the lognormal's
// (coefficient of variation 1.31).
TEST(Workload, DrawsWorkOfTheMeanAskedFor) {
  WorkloadOptions options;
  options.classes[0].mean_s = 0.052;
  auto mean = [&] {
    double sum = 0;
    for (const Flow& flow : Generate(options, 1, 200000)) sum += flow.work_s;
    return sum / 200000;
  };
  EXPECT_NEAR(mean(), 0.052, 0.012 * 0.052);
  options.classes[0].work = FlowClassOptions::LOGNORMAL;
  EXPECT_NEAR(mean(), 0.052, 0.015 * 0.052);
}

TEST(Workload, DrawsEmpiricalWorkFromItsValuesOnly) {
  WorkloadOptions options;
  options.classes[0].work = FlowClassOptions::EMPIRICAL;
  options.classes[0].seconds = {0.5, 2, 2, 8};
  int twos = 0;
  for (const Flow& flow : Generate(options, 1, 10000)) {
    ASSERT_TRUE(flow.work_s == 0.5f || flow.work_s == 2 || flow.work_s == 8);
    twos += flow.work_s == 2;
  }
  EXPECT_NEAR(twos, 5000, 250);  // 5 standard deviations
}

TEST(Workload, NamesTheWrongField) {
  auto error_after = [](const std::function<void(WorkloadOptions*)>& spoil) {
    WorkloadOptions options = Rich();
    spoil(&options);
    const absl::Status status = MakeWorkload(options, 1).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    return std::string(status.message());
  };
  EXPECT_EQ(error_after([](auto* o) { o->flows_per_second = 0; }),
            "workload.flows_per_second must be a positive number, found 0");
  EXPECT_THAT(error_after([](auto* o) { o->bursts.log_std = -1; }), HasSubstr("workload.bursts.log_std"));
  EXPECT_THAT(error_after([](auto* o) { o->bursts.correlation_s = 0; }),
              HasSubstr("bursts.correlation_seconds"));
  EXPECT_THAT(error_after([](auto* o) { o->diurnal.amplitude = 2; }),
              HasSubstr("workload.diurnal.amplitude"));
  EXPECT_THAT(error_after([](auto* o) { o->diurnal.period_s = 0; }),
              HasSubstr("workload.diurnal.period_seconds"));
  EXPECT_THAT(error_after([](auto* o) { o->flash_crowd.at_s = -1; }),
              HasSubstr("workload.flash_crowd.at_seconds"));
  EXPECT_THAT(error_after([](auto* o) { o->flash_crowd.seconds = -1; }),
              HasSubstr("workload.flash_crowd.seconds"));
  EXPECT_THAT(error_after([](auto* o) { o->flash_crowd.factor = 0; }),
              HasSubstr("workload.flash_crowd.factor"));
  EXPECT_THAT(error_after([](auto* o) { o->classes.clear(); }), HasSubstr("workload.classes"));
  EXPECT_THAT(error_after([](auto* o) { o->classes[1].share = -1; }), HasSubstr("workload.classes[1].share"));
  EXPECT_THAT(error_after([](auto* o) { o->classes[0].mean_s = 0; }),
              HasSubstr("workload.classes[0].exponential.mean_seconds"));
  EXPECT_THAT(error_after([](auto* o) { o->classes[1].log_std = -1; }),
              HasSubstr("workload.classes[1].lognormal.log_std"));
  EXPECT_THAT(error_after([](auto* o) {
                o->classes[2].seconds = {1, -1};
              }),
              HasSubstr("workload.classes[2].empirical.seconds[1]"));
  EXPECT_THAT(error_after([](auto* o) { o->classes[2].seconds.clear(); }),
              HasSubstr("workload.classes[2].empirical.seconds"));
  EXPECT_THAT(error_after([](auto* o) { o->lb_shares = {}; }), HasSubstr("topology.lb_shares"));
  EXPECT_THAT(error_after([](auto* o) { o->lb_shares = {0, 0}; }), HasSubstr("topology.lb_shares"));
}

}  // namespace
}  // namespace evenkeel::sim
