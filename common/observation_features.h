// The features of an Observation that learners see, in the one order that episodes on disk and networks share.
#ifndef EVENKEEL_COMMON_OBSERVATION_FEATURES_H_
#define EVENKEEL_COMMON_OBSERVATION_FEATURES_H_

#include "absl/status/status.h"
#include "protos/transition.pb.h"

namespace evenkeel {

// F features per server, in the order of v1::Episode.observations: the paper's six (method.md A2), then what else an LB
// counts.
enum Feature {
  kOpenFlows,
  kFlowDurationMean,
  kFlowDurationP90,
  kFlowDurationStd,
  kFlowDurationMeanDecayed,
  kFlowDurationP90Decayed,
  kPaperFeatures,  // how many the paper's network reads
  kMeanOpenFlows = kPaperFeatures,
  kFlowsSent,
  kFlowsFinished,
  kFlowDurationSum,
  kOthersOpenFlows,  // 0 without exchange
  kAvailable,
  kFeatures
};

// Writes the raw (unscaled) features to out[servers * kFeatures], server-major: one [n, F] block of
// v1::Episode.observations. INVALID_ARGUMENT, naming the field, unless each field has `servers` entries
// (others_open_flows may have none).
absl::Status PackFeatures(const v1::Observation& observation, int servers, float* out);

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_OBSERVATION_FEATURES_H_
