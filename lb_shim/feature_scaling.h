// What networks see of an Observation: which features, in which order, and how they are scaled.
#ifndef EVENKEEL_LB_SHIM_FEATURE_SCALING_H_
#define EVENKEEL_LB_SHIM_FEATURE_SCALING_H_

#include <cstddef>

#include "absl/status/status.h"
#include "protos/transition.pb.h"

namespace evenkeel {

// F features per server, in this order: open_flows, flow_duration_{mean, p90, std, mean_decayed,
// p90_decayed}; the order of v1::Episode.observations (method.md A2).
constexpr int kFeatures = 6;

// Writes the raw (unscaled) features to out[servers * kFeatures], server-major: one [n, F] block of
// v1::Episode.observations. INVALID_ARGUMENT, naming the field, unless each of the six fields has `servers`
// entries.
absl::Status PackFeatures(const v1::Observation& observation, int servers, float* out);

// Scales `values` (a multiple of kFeatures, laid out as PackFeatures does; raw and scaled may be the same
// array): open flows / 32 (the workers of an Apache server), durations as log1p(ms) / log1p(10,000 ms)
// (method.md E). Typical results lie in 0..1; larger inputs are not clipped.
void ScaleFeatures(const float* raw, size_t values, float* scaled);

}  // namespace evenkeel

#endif  // EVENKEEL_LB_SHIM_FEATURE_SCALING_H_
