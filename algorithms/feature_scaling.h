// From what an LB saw to what the paper's network reads: six features per server, all of order one.
#ifndef EVENKEEL_ALGORITHMS_FEATURE_SCALING_H_
#define EVENKEEL_ALGORITHMS_FEATURE_SCALING_H_

#include <cstdint>

namespace evenkeel {

// scaled [servers, kPaperFeatures] from raw [servers, kFeatures] (observation_features.h), none of which is below 0. Source:
// method.md E.
//   open flows: / 32, the workers of one server
//   durations:  log(1 + milliseconds) / log(1 + 10,000 ms): 0 for none, 1 for 10 s
void ScaleFeatures(const float* raw, int64_t servers, float* scaled);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_FEATURE_SCALING_H_
