#include "algorithms/capacity_exponent.h"

#include <algorithm>
#include <cmath>

#include "common/observation_features.h"

namespace evenkeel {
namespace {

constexpr double kMeanSeconds = 20;   // horizon of the mean duration and of the flows a step
constexpr double kPriorFinished = 2;  // flows a step, so that a few flows say little
constexpr double kLargestAge = 4;     // in units of options.seconds
constexpr double kLeastVariance = 1e-6;
constexpr double kLargestSlope = 4, kLargest = 1.5;

}  // namespace

CapacityExponent::CapacityExponent(const Options& options)
    : options_(options), keep_(std::exp(-options.step_seconds / kMeanSeconds)) {
  for (float weight : options.nominal_weights) logs_.push_back(std::log(weight));
}

void CapacityExponent::Step(const float* raw) {
  const int n = static_cast<int>(logs_.size());
  double capacity = 0, sum = 0, squares = 0, finished = 0, open_seconds = 0;
  for (int j = 0; j < n; ++j) {
    const float* seen = raw + j * kFeatures;
    if (seen[kAvailable] == 0) continue;
    const double share = std::exp((1 + value_) * logs_[j]);
    capacity += share;
    sum += share * logs_[j];
    squares += share * logs_[j] * logs_[j];
    finished += seen[kFlowsFinished];
    open_seconds += seen[kMeanOpenFlows] * options_.step_seconds;
  }
  finished_ = keep_ * finished_ + finished;
  open_seconds_ = keep_ * open_seconds_ + open_seconds;
  if (capacity == 0 || finished_ <= 0 || open_seconds_ <= 0) return;
  const double mean_seconds = open_seconds_ / finished_;
  // Centred by capacity: a burst, which adds to all servers what is theirs to bear, has no slope.
  const double centre = sum / capacity, variance = squares / capacity - centre * centre;
  if (variance < kLeastVariance) return;
  double excess = 0;
  for (int j = 0; j < n; ++j) {
    const float* seen = raw + j * kFeatures;
    if (seen[kAvailable] == 0) continue;
    const double like_all = seen[kMeanOpenFlows] * options_.step_seconds / mean_seconds;
    excess += (logs_[j] - centre) * (like_all - seen[kFlowsFinished]);
  }
  const double flows = (1 - keep_) * finished_ + kPriorFinished;
  const double slope = std::clamp(excess / (flows * variance), -kLargestSlope, kLargestSlope);
  age_ = std::min(age_ + options_.step_seconds, kLargestAge * options_.seconds);
  const double gain = options_.step_seconds / (options_.seconds + age_);
  value_ = std::clamp(value_ - gain * (slope - options_.target), -kLargest, kLargest);
}

}  // namespace evenkeel
