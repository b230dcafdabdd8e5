// The statistics of an honest comparison: few seeds, paired traces, intervals instead of single figures.
#ifndef EVENKEEL_EXPERIMENTS_STATISTICS_H_
#define EVENKEEL_EXPERIMENTS_STATISTICS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace evenkeel {

// An estimate with its 95 % interval. NaN where too little is known.
struct Estimate {
  double value = 0;
  double low = 0;
  double high = 0;
};

// The arithmetic mean; NaN of none.
double Mean(absl::Span<const double> values);

// The `share` quantile (0..1) of `values`, linear between order statistics as numpy's default; NaN of none.
// Reorders `values`.
double Quantile(absl::Span<float> values, double share);

// The t for which |T| <= t has probability 0.95, T of Student's distribution with so many degrees of freedom
// (1.96 in the limit). REQUIRES: degrees_of_freedom >= 1.
double StudentCritical95(int degrees_of_freedom);

// The mean of independent, roughly normal values with Student's interval; the interval is NaN for fewer than
// two values, everything if a value is NaN.
Estimate MeanEstimate(absl::Span<const double> values);

// By how many percent the mean of `values` exceeds that of `baseline`, where entry i of both came of the same
// trace. The interval is that of the paired bootstrap: pairs are drawn with replacement `resamples` times,
// the 2.5 % and 97.5 % quantiles of the percentages are its ends. Deterministic in `seed`; the interval is
// NaN for fewer than two pairs, everything if a value is NaN or the baseline's mean is not positive. With 5
// to 10 pairs such an interval covers somewhat less than 95 %. REQUIRES: as many values as baseline values.
Estimate PairedDifferencePercent(absl::Span<const double> values, absl::Span<const double> baseline,
                                 uint64_t seed, int resamples = 4000);

// The two above for a policy that was trained with several seeds: values[k][i] is what training seed k came
// to on trace i. The mean is over both; the interval is that of the crossed bootstrap: training seeds and,
// for all of them alike, traces (with their baseline) are drawn with replacement. With few training seeds it
// covers less than 95 %, and with one it knows nothing of how training varies. REQUIRES: at least one
// training seed, each with as many values as the baseline.
Estimate CrossedMean(const std::vector<std::vector<double>>& values, uint64_t seed, int resamples = 4000);
Estimate CrossedDifferencePercent(const std::vector<std::vector<double>>& values,
                                  absl::Span<const double> baseline, uint64_t seed, int resamples = 4000);

// Product fairness, prod_j (l_j / max l) (paper Eq. 4 read per factor): 1 if all are equal, 0 if one is 0 and
// not all. NaN of none.
double ProductFairness(absl::Span<const double> loads);

// Jain's index, (sum l)^2 / (n sum l^2): from 1/n to 1. NaN of none, 1 if all are 0.
double JainIndex(absl::Span<const double> loads);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_STATISTICS_H_
