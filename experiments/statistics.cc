#include "experiments/statistics.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "common/rng.h"

namespace evenkeel {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// P(|T| <= t) for Student's T, whole degrees of freedom: Abramowitz and Stegun 26.7.3 and 26.7.4.
double StudentWithin(double t, int degrees_of_freedom) {
  const double angle = std::atan(t / std::sqrt(degrees_of_freedom));
  const double cosine_squared = std::cos(angle) * std::cos(angle);
  const bool odd = degrees_of_freedom % 2 == 1;
  double term = odd ? std::cos(angle) : 1;
  double sum = degrees_of_freedom == 1 ? 0 : term;
  for (int k = odd ? 3 : 2; k < degrees_of_freedom; k += 2) {
    term *= cosine_squared * (k - 1) / k;
    sum += term;
  }
  return odd ? M_2_PI * (angle + std::sin(angle) * sum) : std::sin(angle) * sum;
}

double PercentAbove(double value, double baseline) { return 100 * (value / baseline - 1); }

// REQUIRES: not empty.
double SortedQuantile(absl::Span<const double> sorted, double share) {
  const double position = share * (sorted.size() - 1);
  const size_t below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

// figure(mean of the values, mean of the baseline), with the interval of CrossedMean.
Estimate Crossed(const std::vector<std::vector<double>>& values, absl::Span<const double> baseline,
                 uint64_t seed, int resamples, double (*figure)(double mean, double baseline_mean)) {
  const size_t trained = values.size();
  const size_t traces = baseline.size();
  double all = 0;
  for (const std::vector<double>& of_seed : values) all += Mean(of_seed) / trained;
  const double value = figure(all, Mean(baseline));
  if (std::isnan(value)) return {kNaN, kNaN, kNaN};
  if (traces < 2) return {value, kNaN, kNaN};
  Rng rng(seed);
  std::vector<double> drawn(resamples);
  std::vector<size_t> seeds(trained);
  for (double& one : drawn) {
    for (size_t& k : seeds) k = trained == 1 ? 0 : rng.Below(trained);
    double sum = 0;
    double baseline_sum = 0;
    for (size_t i = 0; i < traces; ++i) {
      const size_t trace = rng.Below(traces);
      for (size_t k : seeds) sum += values[k][trace];
      baseline_sum += baseline[trace];
    }
    one = figure(sum / trained / traces, baseline_sum / traces);
  }
  std::sort(drawn.begin(), drawn.end());
  return {value, SortedQuantile(drawn, 0.025), SortedQuantile(drawn, 0.975)};
}

}  // namespace

double Mean(absl::Span<const double> values) {
  if (values.empty()) return kNaN;
  return std::accumulate(values.begin(), values.end(), 0.0) / values.size();
}

double Quantile(absl::Span<float> values, double share) {
  if (values.empty()) return kNaN;
  const double position = share * (values.size() - 1);
  const size_t below = static_cast<size_t>(position);
  std::nth_element(values.begin(), values.begin() + below, values.end());
  const double low = values[below];
  if (below + 1 == values.size()) return low;
  const double high = *std::min_element(values.begin() + below + 1, values.end());
  return low + (position - below) * (high - low);
}

double StudentCritical95(int degrees_of_freedom) {
  double low = 0;
  double high = 13;  // above the largest, 12.706 of one degree of freedom
  for (int i = 0; i < 60; ++i) {
    const double middle = (low + high) / 2;
    (StudentWithin(middle, degrees_of_freedom) < 0.95 ? low : high) = middle;
  }
  return (low + high) / 2;
}

Estimate MeanEstimate(absl::Span<const double> values) {
  const double mean = Mean(values);
  if (values.size() < 2) return {mean, kNaN, kNaN};
  double squares = 0;
  for (double value : values) squares += (value - mean) * (value - mean);
  const int degrees_of_freedom = static_cast<int>(values.size()) - 1;
  const double half =
      StudentCritical95(degrees_of_freedom) * std::sqrt(squares / degrees_of_freedom / values.size());
  return {mean, mean - half, mean + half};
}

Estimate PairedDifferencePercent(absl::Span<const double> values, absl::Span<const double> baseline,
                                 uint64_t seed, int resamples) {
  return CrossedDifferencePercent({{values.begin(), values.end()}}, baseline, seed, resamples);
}

Estimate CrossedMean(const std::vector<std::vector<double>>& values, uint64_t seed, int resamples) {
  const std::vector<double> nothing(values[0].size(), 0.0);
  return Crossed(values, nothing, seed, resamples, [](double mean, double) { return mean; });
}

Estimate CrossedDifferencePercent(const std::vector<std::vector<double>>& values,
                                  absl::Span<const double> baseline, uint64_t seed, int resamples) {
  if (!(Mean(baseline) > 0)) return {kNaN, kNaN, kNaN};
  return Crossed(values, baseline, seed, resamples, PercentAbove);
}

double ProductFairness(absl::Span<const double> loads) {
  if (loads.empty()) return kNaN;
  const double largest = *std::max_element(loads.begin(), loads.end());
  if (largest == 0) return 1;
  double product = 1;
  for (double load : loads) product *= load / largest;
  return product;
}

double JainIndex(absl::Span<const double> loads) {
  if (loads.empty()) return kNaN;
  double sum = 0;
  double squares = 0;
  for (double load : loads) {
    sum += load;
    squares += load * load;
  }
  return squares == 0 ? 1 : sum * sum / (loads.size() * squares);
}

}  // namespace evenkeel
