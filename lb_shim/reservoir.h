// A bounded random sample of one server's flow durations, and the features of it that agents see.
#ifndef EVENKEEL_LB_SHIM_RESERVOIR_H_
#define EVENKEEL_LB_SHIM_RESERVOIR_H_

#include <cstdint>
#include <vector>

#include "common/rng.h"

namespace evenkeel {

// Of the samples present, in seconds; all 0 if there are none (method.md A2). Percentiles are
// linear-interpolated.
struct DurationFeatures {
  float mean = 0;
  float p90 = 0;
  float std = 0;           // population standard deviation
  float mean_decayed = 0;  // sum of decay^age x duration, / number of samples
  float p90_decayed = 0;   // 90th percentile of decay^age x duration
};

// Keeps K samples, none where K is 0: the first K that are kept fill it, each later one replaces a sample
// drawn evenly and independently of the decision to keep it (paper Algorithm 2, without its shared random
// number).
//
// Features are incremental, since they would cost more than the queueing otherwise: sums are running sums in
// double, summed afresh every K replacements; decayed durations are stored as duration x decay^(reference -
// t), so that time only multiplies all of them by one factor and never changes their order; a percentile is
// selected anew only after a change that crossed it. They agree with the definition within 1e-4 of their
// value plus 1e-7 of the mean. Not thread-safe.
class Reservoir {
 public:
  struct Options {
    int samples = 128;              // K >= 0 (released code: 128)
    double keep_probability = 1;    // 0 .. 1
    double decay_per_second = 0.9;  // above 0, at most 1
  };

  explicit Reservoir(const Options& options);

  // Offers a flow that ended at `now_s` after `duration_s` >= 0. `now_s` must not decrease, here and below.
  void Add(double now_s, double duration_s, Rng* rng);

  // Features as of `now_s`.
  DurationFeatures Features(double now_s);

  // Forgets all samples.
  void Clear();

  int size() const { return size_; }

 private:
  // The two neighbouring order statistics between which the 90th percentile lies.
  struct Percentile {
    float low = 0;
    float high = 0;
    bool valid = false;

    void Replace(float old_value, float new_value);
    double Value(const float* values, int count, float* scratch);
    void Select(const float* values, int count, float* scratch);
  };

  void MoveReference(double now_s);
  void SumAfresh();
  float* durations() { return values_.data(); }
  float* decayed() { return values_.data() + samples_; }
  float* scratch() { return values_.data() + 2 * samples_; }

  const int samples_;
  const double keep_probability_;
  const double log_decay_;     // natural log of decay_per_second, <= 0
  std::vector<float> values_;  // [3, K] durations, decayed durations as of reference_s_, scratch
  int size_ = 0;
  int replacements_ = 0;  // since the sums were made afresh
  double reference_s_ = 0;
  double sum_ = 0;
  double sum_squares_ = 0;
  double sum_decayed_ = 0;  // as of reference_s_
  Percentile p90_;
  Percentile p90_decayed_;  // as of reference_s_
};

}  // namespace evenkeel

#endif  // EVENKEEL_LB_SHIM_RESERVOIR_H_
