#include "lb_shim/reservoir.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace evenkeel {
namespace {

constexpr double kQuantile = 0.9;
constexpr double kMaxExponent =
    20;  // of the factor that new samples get; e^20 and its square fit a float easily
constexpr float kVanished =
    1e-25f;  // s; smaller decayed durations become 0 before they would become denormal
constexpr float kGuess =
    0.85f;  // share of the last low at which a selection starts: few more than the top tenth
constexpr int kFewValues = 32;

// Floats >= 0 are ordered as their bits are, which compare faster; a negative one is below them.
int32_t Bits(float value) {
  int32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

// Order statistics `rank` and, if there is one, rank + 1 of at most kFewValues values >= 0. Comparing all
// with all has no branch to mispredict and is vectorised: the statistic is the greatest value that has at
// most `rank` lesser ones.
void SelectFromFew(const float* values, int count, int rank, float* low, float* high) {
  int32_t bits[kFewValues];
  int32_t lesser[kFewValues] = {};
  std::fill(bits, bits + kFewValues, std::numeric_limits<int32_t>::max());
  std::memcpy(bits, values, count * sizeof(float));
  for (int i = 0; i < count; ++i) {
    for (int k = 0; k < kFewValues; ++k) lesser[k] += bits[i] < bits[k];
  }
  int32_t low_bits = 0;
  int32_t high_bits = 0;
  for (int k = 0; k < kFewValues; ++k) {
    low_bits = std::max(low_bits, lesser[k] <= rank ? bits[k] : 0);
    high_bits = std::max(high_bits, lesser[k] <= rank + 1 ? bits[k] : 0);
  }
  if (rank + 1 == count) high_bits = low_bits;
  std::memcpy(low, &low_bits, sizeof(float));
  std::memcpy(high, &high_bits, sizeof(float));
}

}  // namespace

Reservoir::Reservoir(const Options& options)
    : samples_(options.samples),
      keep_probability_(options.keep_probability),
      log_decay_(std::log(options.decay_per_second)),
      values_(3 * options.samples) {}

void Reservoir::Clear() {
  size_ = 0;
  SumAfresh();
  p90_ = Percentile();
  p90_decayed_ = Percentile();
}

void Reservoir::SumAfresh() {
  replacements_ = 0;
  sum_ = sum_squares_ = sum_decayed_ = 0;
  for (int i = 0; i < size_; ++i) {
    const double value = durations()[i];
    sum_ += value;
    sum_squares_ += value * value;
    sum_decayed_ += decayed()[i];
  }
}

void Reservoir::MoveReference(double now_s) {
  const float factor = static_cast<float>(std::exp(log_decay_ * (now_s - reference_s_)));
  for (int i = 0; i < size_; ++i) {
    decayed()[i] *= factor;
    if (decayed()[i] < kVanished) decayed()[i] = 0;
  }
  reference_s_ = now_s;
  p90_decayed_.low *= factor;
  p90_decayed_.valid = false;
  SumAfresh();
}

void Reservoir::Add(double now_s, double duration_s, Rng* rng) {
  if (samples_ == 0) return;
  if (keep_probability_ < 1 && rng->Uniform() >= keep_probability_) return;
  double exponent = log_decay_ * (reference_s_ - now_s);
  if (exponent > kMaxExponent) {
    MoveReference(now_s);
    exponent = 0;
  }
  const float duration = static_cast<float>(duration_s);
  const float decayed_duration = static_cast<float>(duration_s * std::exp(exponent));
  int index = size_;
  if (size_ < samples_) {
    ++size_;
    p90_.valid = p90_decayed_.valid = false;
  } else {
    index = static_cast<int>(rng->Below(samples_));
    const double old_duration = durations()[index];
    sum_ -= old_duration;
    sum_squares_ -= old_duration * old_duration;
    sum_decayed_ -= decayed()[index];
    p90_.Replace(durations()[index], duration);
    p90_decayed_.Replace(decayed()[index], decayed_duration);
    ++replacements_;
  }
  durations()[index] = duration;
  decayed()[index] = decayed_duration;
  sum_ += duration;
  sum_squares_ += static_cast<double>(duration) * duration;
  sum_decayed_ += decayed_duration;
  if (replacements_ >= samples_) SumAfresh();
}

// Order statistics stay what they are while values move only below the low one or only above the high one.
void Reservoir::Percentile::Replace(float old_value, float new_value) {
  valid &= (old_value < low && new_value <= low) || (old_value > high && new_value >= high);
}

void Reservoir::Percentile::Select(const float* values, int count, float* top) {
  const int rank = static_cast<int>(kQuantile * (count - 1));  // of `low`, from below
  const int wanted = count - rank;                             // values >= low, itself included
  int found = 0;
  for (float pivot = low * kGuess; found<wanted; pivot = pivot> 1e-9f ? pivot * 0.5f : -1.0f) {
    const int32_t pivot_bits = Bits(pivot);
    found = 0;
    for (int i = 0; i < count; ++i) {
      top[found] = values[i];
      found += Bits(values[i]) >= pivot_bits;
    }
  }
  if (found <= kFewValues) {
    SelectFromFew(top, found, found - wanted, &low, &high);
  } else {
    float* const place = top + (found - wanted);
    std::nth_element(top, place, top + found);
    low = *place;
    high = wanted > 1 ? *std::min_element(place + 1, top + found) : low;
  }
  valid = true;
}

double Reservoir::Percentile::Value(const float* values, int count, float* scratch) {
  if (!valid) Select(values, count, scratch);
  const double position = kQuantile * (count - 1);
  return low + (position - std::floor(position)) * (static_cast<double>(high) - low);
}

DurationFeatures Reservoir::Features(double now_s) {
  DurationFeatures features;
  if (size_ == 0) return features;
  const double mean = sum_ / size_;
  const double factor = std::exp(log_decay_ * (now_s - reference_s_));
  features.mean = static_cast<float>(mean);
  features.std = static_cast<float>(std::sqrt(std::max(0.0, sum_squares_ / size_ - mean * mean)));
  features.p90 = static_cast<float>(p90_.Value(durations(), size_, scratch()));
  features.mean_decayed = static_cast<float>(std::max(0.0, factor * sum_decayed_ / size_));
  features.p90_decayed = static_cast<float>(factor * p90_decayed_.Value(decayed(), size_, scratch()));
  return features;
}

}  // namespace evenkeel
