// The joint transitions of one world in order, as the columns of v1::Episode.
#ifndef EVENKEEL_COORDINATOR_EPISODE_H_
#define EVENKEEL_COORDINATOR_EPISODE_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "coordinator/joint_transition.h"
#include "protos/transition.pb.h"

namespace evenkeel {

// Not thread-safe. Order of calls: Observe, then per step Act and Observe, then Finish.
class EpisodeBuilder {
 public:
  EpisodeBuilder(int agents, int servers, uint32_t expected_steps);

  // What the agents see now: one observation per agent, n entries each.
  void Observe(absl::Span<const v1::Observation* const> observations);

  // What they did, and the reward that the world gave for it; `head_rewards` [m, n], or empty in every step.
  void Act(const JointTransition& joint, double reward, const std::vector<float>& head_rewards = {});

  uint32_t steps() const { return episode_.steps(); }

  // (agent, step) pairs so far that took no part.
  uint64_t missed_steps() const { return missed_steps_; }

  // Mean reward per step so far; 0 before the first.
  double reward_mean() const;

  // The episode, without number, round, world, seed and version, which are the caller's. Not terminated: a
  // world is cut by time. REQUIRES: one Observe more than Act.
  v1::Episode Finish() &&;

 private:
  const int agents_;
  const int servers_;
  v1::Episode episode_;
  uint32_t observed_ = 0;
  uint64_t missed_steps_ = 0;
  double reward_sum_ = 0;
  std::vector<float> features_;  // scratch, [n, F]
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_EPISODE_H_
