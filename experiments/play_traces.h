// One algorithm on several traces at once: the inner loop of every evaluation.
#ifndef EVENKEEL_EXPERIMENTS_PLAY_TRACES_H_
#define EVENKEEL_EXPERIMENTS_PLAY_TRACES_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "protos/experiment.pb.h"
#include "protos/learner.pb.h"

namespace evenkeel {

// Who takes part.
struct Entrant {
  std::string label;                               // names its row
  std::string algorithm;                           // a registered name
  std::optional<v1::PolicyParameters> parameters;  // of a learned algorithm
};

// Traces `first_seed` .. `first_seed + seeds - 1`, `seconds` each, of which the first `warmup_seconds` do not
// count.
struct TracePlan {
  uint64_t first_seed = 0;
  int seeds = 1;
  bool held_out = false;
  double seconds = 60;
  double warmup_seconds = 10;
};

// What one trace came to. Flows that arrived in the warm-up, or were still there at the end, are in none of
// it.
struct TraceOutcome {
  struct Class {
    std::string name;
    std::vector<float> durations_s;  // of the finished flows
    uint64_t rejected = 0;
  };
  std::vector<Class> classes;

  // Of each server that was available at some step after the warm-up:
  std::vector<double> server_duration_mean_s;  // of flows that ended after the warm-up; 0 if none did
  std::vector<double> server_busy_share;       // 0..1
};

// Plays the plan with one Policy per LB, greedy, each acting on all traces in one call. Entry i of the result
// is of trace first_seed + i and depends on `experiment`, `entrant` and that seed only; arrivals depend on
// the seed alone, so outcomes of different entrants are paired. Everything a world does for an algorithm
// (awcmp's probe) is there: experiment.algorithm.name is replaced by the entrant's. Where its parameters say
// what they were trained with (`agent`, `settings`), that replaces experiment.agent and all else of
// experiment.algorithm. An algorithm that plays with one LB (AlgorithmInfo::one_lb) does so here, too: the same
// arrivals, all through that LB.
//
// `experiment` is fully resolved. After each step `go_on` is called with the share done, 0..1; if it returns
// false, the result is CANCELLED. NOT_FOUND: unknown algorithm. INVALID_ARGUMENT: a learned entrant without
// parameters; parameters of another shape (UNIMPLEMENTED where an algorithm has none); a plan without seeds,
// or with a warm-up that is not shorter than the trace. What the world and the policies refuse is passed on.
absl::StatusOr<std::vector<TraceOutcome>> PlayTraces(const v1::Experiment& experiment, const Entrant& entrant,
                                                     const TracePlan& plan,
                                                     const std::function<bool(double share_done)>& go_on);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_PLAY_TRACES_H_
