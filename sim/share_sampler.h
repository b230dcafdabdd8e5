// Draws an index by shares: which class a flow is of, which load balancer it is hashed to.
#ifndef EVENKEEL_SIM_SHARE_SAMPLER_H_
#define EVENKEEL_SIM_SHARE_SAMPLER_H_

#include <cstdint>
#include <numeric>
#include <vector>

#include "common/rng.h"

namespace evenkeel::sim {

class ShareSampler {
 public:
  // `shares` need not sum to 1. REQUIRES: not empty, none negative, the sum positive and finite.
  explicit ShareSampler(const std::vector<double>& shares) {
    const double sum = std::accumulate(shares.begin(), shares.end(), 0.0);
    double below = 0;
    for (size_t i = 0; i + 1 < shares.size(); ++i) {
      below += shares[i];
      bounds_.push_back(below / sum);
    }
  }

  // Takes one number from `rng`, also if there is but one index.
  uint16_t Draw(Rng* rng) const {
    const double u = rng->Uniform();
    int index = 0;
    for (double bound : bounds_) index += u >= bound;
    return static_cast<uint16_t>(index);
  }

 private:
  std::vector<double> bounds_;  // index i is drawn for u in [bounds_[i-1], bounds_[i])
};

}  // namespace evenkeel::sim

#endif  // EVENKEEL_SIM_SHARE_SAMPLER_H_
