// How far the servers' true capacities lie from the nominal ones, as an LB can tell alone. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_CAPACITY_EXPONENT_H_
#define EVENKEEL_ALGORITHMS_CAPACITY_EXPONENT_H_

#include <vector>

#include "absl/types/span.h"

namespace evenkeel {

// Takes capacities as proportional to nominal^(1 + e) and seeks the e at which flows on nominally large servers last as
// long as those on small ones (Robbins and Monro 1951): at every step e falls by step / time x the slope of the durations'
// relative excess over the log of the nominal weight. One number of all servers' flows: it is known long before the
// durations of each server are. Stays 0 where all nominal weights are alike. Not thread-safe.
class CapacityExponent {
 public:
  struct Options {
    double step_seconds = 0.25;
    double seconds = 10;  // above 0; time is this plus the age, of which at most 4 x this counts
    double target = 0;    // the slope that is sought
    std::vector<float> nominal_weights;  // [n] above 0
  };

  explicit CapacityExponent(const Options& options);

  // Takes up one step: raw observations [n, kFeatures], of which those of servers that are not available count not.
  void Step(const float* raw);

  // e, within +-1.5.
  double value() const { return value_; }

 private:
  const Options options_;
  const double keep_;
  std::vector<double> logs_;               // [n] of the nominal weights
  double finished_ = 0, open_seconds_ = 0;  // discounted sums over all servers
  double age_ = 0;  // s
  double value_ = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_CAPACITY_EXPONENT_H_
