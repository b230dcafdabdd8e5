#include "lb_shim/reservoir.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>
#include <vector>

#include "common/rng.h"
#include "gtest/gtest.h"

namespace evenkeel {
namespace {

double Percentile90(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const double position = 0.9 * (values.size() - 1);
  const size_t low = static_cast<size_t>(position);
  const size_t high = std::min(low + 1, values.size() - 1);
  return values[low] + (position - low) * (values[high] - values[low]);
}

// The definition, computed from the samples themselves.
struct Naive {
  std::vector<std::pair<double, double>> samples;  // (time, duration)

  void Add(const Reservoir::Options& options, double now, double duration, Rng* rng) {
    if (options.keep_probability < 1 && rng->Uniform() >= options.keep_probability) return;
    if (static_cast<int>(samples.size()) < options.samples) {
      samples.emplace_back(now, duration);
    } else {
      samples[rng->Below(options.samples)] = {now, duration};
    }
  }

  void Expect(DurationFeatures features, double now, double decay) const {
    std::vector<double> plain, decayed;
    double mean = 0, mean_decayed = 0, variance = 0;
    for (const auto& sample : samples) {
      plain.push_back(sample.second);
      decayed.push_back(sample.second * std::pow(decay, now - sample.first));
      mean += plain.back() / samples.size();
      mean_decayed += decayed.back() / samples.size();
    }
    for (double value : plain) variance += (value - mean) * (value - mean) / samples.size();
    ExpectClose(features.mean, mean, mean);
    ExpectClose(features.p90, Percentile90(plain), mean);
    ExpectClose(features.std, std::sqrt(variance), mean);
    ExpectClose(features.mean_decayed, mean_decayed, mean);
    ExpectClose(features.p90_decayed, Percentile90(decayed), mean);
  }

  static void ExpectClose(double value, double expected, double scale) {
    EXPECT_NEAR(value, expected, 1e-4 * expected + 1e-7 * scale);
  }
};

void CompareWithDefinition(const Reservoir::Options& options, double mean_gap_s, int flows, uint64_t seed) {
  Reservoir reservoir(options);
  Naive naive;
  Rng values(seed), draws(seed + 1), naive_draws(seed + 1);
  double now = 0;
  for (int i = 0; i < flows && !testing::Test::HasFailure(); ++i) {
    now += values.Exponential(mean_gap_s);
    const double duration = values.Lognormal(0.2, 1.5);
    reservoir.Add(now, duration, &draws);
    naive.Add(options, now, duration, &naive_draws);
    if (i % 7 == 0 && !naive.samples.empty()) {
      const double later = now + (i % 3 == 0 ? 0.25 : 0.0);
      naive.Expect(reservoir.Features(later), later, options.decay_per_second);
      now = later;
    }
  }
  EXPECT_EQ(reservoir.size(), static_cast<int>(naive.samples.size()));
}

TEST(Reservoir, IsAllZeroWhileEmpty) {
  const DurationFeatures features = Reservoir({}).Features(3);
  EXPECT_EQ(features.mean, 0);
  EXPECT_EQ(features.p90, 0);
  EXPECT_EQ(features.std, 0);
  EXPECT_EQ(features.mean_decayed, 0);
  EXPECT_EQ(features.p90_decayed, 0);
}

TEST(Reservoir, SlotsNeverWrittenDoNotCountAsZeros) {
  Reservoir reservoir({});
  Rng rng(1);
  reservoir.Add(1, 0.5, &rng);
  const DurationFeatures features = reservoir.Features(2);
  EXPECT_FLOAT_EQ(features.mean, 0.5f);
  EXPECT_FLOAT_EQ(features.p90, 0.5f);
  EXPECT_FLOAT_EQ(features.std, 0);
  EXPECT_FLOAT_EQ(features.mean_decayed, 0.45f);
  EXPECT_FLOAT_EQ(features.p90_decayed, 0.45f);
}

TEST(Reservoir, FeaturesMatchTheirDefinition) { CompareWithDefinition({128, 1.0, 0.9}, 0.02, 40000, 10); }

TEST(Reservoir, FeaturesMatchTheirDefinitionOverAnHourOfSparseFlows) {
  CompareWithDefinition({32, 1.0, 0.9}, 1.5, 3000, 20);
}

TEST(Reservoir, FeaturesMatchTheirDefinitionWithFastDecay) {
  CompareWithDefinition({64, 1.0, 0.05}, 0.5, 5000, 30);
}

TEST(Reservoir, FeaturesMatchTheirDefinitionWithoutDecay) {
  CompareWithDefinition({64, 1.0, 1.0}, 0.5, 5000, 40);
}

TEST(Reservoir, FeaturesMatchTheirDefinitionWhenSamplesAreDropped) {
  CompareWithDefinition({100, 0.1, 0.9}, 0.01, 40000, 50);
}

TEST(Reservoir, FeaturesMatchTheirDefinitionForTinySizes) {
  for (int samples = 1; samples <= 12; ++samples)
    CompareWithDefinition({samples, 1.0, 0.9}, 0.1, 500, 60 + samples);
}

TEST(Reservoir, FeaturesMatchTheirDefinitionWhenManyDurationsAreEqual) {
  Reservoir::Options options;
  Reservoir reservoir(options);
  Naive naive;
  Rng values(3), draws(4), naive_draws(4);
  for (int i = 0; i < 5000; ++i) {
    const double duration = values.Below(10) == 0 ? 1.0 : (values.Below(2) == 0 ? 0.25 : 0.0);
    reservoir.Add(0.01 * i, duration, &draws);
    naive.Add(options, 0.01 * i, duration, &naive_draws);
    if (i % 5 == 0) naive.Expect(reservoir.Features(0.01 * i), 0.01 * i, options.decay_per_second);
  }
}

// With K = 64 and keep probability 1/64, an index taken from the number that decided to keep would reach one
// slot only.
TEST(Reservoir, EverySlotIsReplacedWhateverTheKeepDecision) {
  Reservoir reservoir({64, 1.0 / 64, 1.0});
  Rng rng(9);
  while (reservoir.size() < 64) reservoir.Add(0, 1.0, &rng);
  // 64 x 64 x 30 offers bring 1,920 replacements; a given slot escapes all with probability (63/64)^1920 =
  // 7e-14.
  for (int i = 0; i < 64 * 64 * 30; ++i) reservoir.Add(0, 3.0, &rng);
  const DurationFeatures features = reservoir.Features(0);
  EXPECT_FLOAT_EQ(features.mean, 3.0f);
  EXPECT_NEAR(features.std, 0, 1e-6);
}

TEST(Reservoir, ClearForgetsAllSamples) {
  Reservoir reservoir({});
  Rng rng(1);
  for (int i = 0; i < 200; ++i) reservoir.Add(i, 5.0, &rng);
  reservoir.Clear();
  EXPECT_EQ(reservoir.size(), 0);
  EXPECT_EQ(reservoir.Features(300).mean, 0);
  reservoir.Add(300, 1.0, &rng);
  EXPECT_FLOAT_EQ(reservoir.Features(300).p90_decayed, 1.0f);
}

TEST(Reservoir, WithoutSamplesAllFeaturesAreZeroAndNoRandomNumberIsDrawn) {
  Reservoir::Options options;
  options.samples = 0;
  options.keep_probability = 0.5;
  Reservoir reservoir(options);
  Rng rng(1), untouched(1);
  for (int i = 0; i < 10; ++i) reservoir.Add(i, 1, &rng);
  reservoir.Clear();
  const DurationFeatures features = reservoir.Features(10);
  EXPECT_EQ(features.mean, 0);
  EXPECT_EQ(features.p90, 0);
  EXPECT_EQ(features.std, 0);
  EXPECT_EQ(features.mean_decayed, 0);
  EXPECT_EQ(features.p90_decayed, 0);
  EXPECT_EQ(rng.Next(), untouched.Next());
}

}  // namespace
}  // namespace evenkeel
