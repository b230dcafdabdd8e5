// The features of an Observation that learners see, in the one order that episodes on disk and networks share.
#ifndef EVENKEEL_COMMON_OBSERVATION_FEATURES_H_
#define EVENKEEL_COMMON_OBSERVATION_FEATURES_H_

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

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_OBSERVATION_FEATURES_H_
