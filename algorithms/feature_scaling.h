// From what an LB saw to what the paper's network reads: six features per server, all of order one.
#ifndef EVENKEEL_ALGORITHMS_FEATURE_SCALING_H_
#define EVENKEEL_ALGORITHMS_FEATURE_SCALING_H_

#include <cmath>
#include <cstdint>

#include "common/observation_features.h"

namespace evenkeel {

// Open flows / 32, the workers of one server (method.md E).
inline float ScaledOpenFlows(float open_flows) { return open_flows * (1.0f / 32.0f); }

// log(1 + milliseconds) / log(1 + 10,000 ms): 0 for none, 1 for 10 s (method.md E). REQUIRES: seconds >= 0.
inline float ScaledDuration(float seconds) { return std::log1p(seconds * 1000.0f) * 0.10857244f; }

// Scales the paper's features of `servers` rows of kFeatures raw values: `scaled` has kPaperFeatures a row.
inline void ScaleFeatures(const float* raw, int64_t servers, float* scaled) {
  for (int64_t server = 0; server < servers; ++server) {
    const float* from = raw + server * kFeatures;
    float* to = scaled + server * kPaperFeatures;
    to[kOpenFlows] = ScaledOpenFlows(from[kOpenFlows]);
    for (int feature = 1; feature < kPaperFeatures; ++feature) to[feature] = ScaledDuration(from[feature]);
  }
}

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_FEATURE_SCALING_H_
