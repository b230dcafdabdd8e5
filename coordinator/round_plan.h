// How an experiment's episodes fall into rounds and steps.
#ifndef EVENKEEL_COORDINATOR_ROUND_PLAN_H_
#define EVENKEEL_COORDINATOR_ROUND_PLAN_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

struct RoundPlan {
  uint64_t episodes = 0;       // of the whole training
  uint64_t worlds = 0;         // W, episodes of a round; the last round may have fewer
  uint64_t steps = 0;          // T, steps of an episode
  double step_interval_s = 0;  // s
  bool wall_clock = false;
  absl::Duration reply_deadline;  // wall clock: a reply later than this is masked; at most the step interval
  v1::Barrier::OnMiss on_miss = v1::Barrier::SKIP;  // wall clock: what a missed deadline means
  absl::Duration stall_after;
  absl::Duration lease = absl::InfiniteDuration();  // an agent that owes a reply for longer is not connected
  absl::Duration join_within;

  uint64_t rounds() const { return (episodes + worlds - 1) / worlds; }
  uint64_t first_episode(uint64_t round) const { return round * worlds; }
  int worlds_of(uint64_t round) const;

  // The round that a run goes on with once the episodes below `next_episode` are stored: whole rounds are
  // played, so one that was stored in part is played again (appending is idempotent). rounds() if all is
  // done.
  uint64_t ResumeRound(uint64_t next_episode) const;
};

// INVALID_ARGUMENT names the field of the resolved `experiment` that gives no plan.
absl::StatusOr<RoundPlan> PlanRounds(const v1::Experiment& experiment);

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_ROUND_PLAN_H_
