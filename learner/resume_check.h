// What may change in an experiment between a stop and its resume.
#ifndef EVENKEEL_LEARNER_RESUME_CHECK_H_
#define EVENKEEL_LEARNER_RESUME_CHECK_H_

#include "absl/status/status.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

// FAILED_PRECONDITION lists every field of `now` that must not differ from `then`, with both values. Free to
// change are those that do not enter what is learned: name, include, training.episodes,
// training.{learner_threads, device, cache_targets, agents_per_actor}, checkpoint, evaluation, barrier, recovery and
// replay.{ram_tier_bytes, sync, capacity_bytes}. Both are resolved.
absl::Status CheckResumable(const v1::Experiment& then, const v1::Experiment& now);

}  // namespace evenkeel

#endif  // EVENKEEL_LEARNER_RESUME_CHECK_H_
