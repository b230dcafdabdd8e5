// How many learner updates belong to how many episodes. Coordinator and learner both derive the policy version of a round
// from it, so that in simulated time a run is one deterministic sequence: play a round, update, play the next.
#ifndef EVENKEEL_COMMON_UPDATE_SCHEDULE_H_
#define EVENKEEL_COMMON_UPDATE_SCHEDULE_H_

#include <cstdint>

namespace evenkeel {

struct UpdateSchedule {
  uint64_t warmup_episodes = 0;      // no update before so many episodes are stored
  uint64_t updates_per_episode = 0;  // paper Table 2: 25

  // Updates that must be done once `episodes` are stored: 0 before the warm-up; the episode that completes the
  // warm-up brings the first ones (paper: 72 episodes, warm-up 25, hence 48 x 25 = 1200).
  uint64_t UpdatesDue(uint64_t episodes) const {
    const uint64_t start = warmup_episodes == 0 ? 1 : warmup_episodes;
    return episodes < start ? 0 : (episodes - start + 1) * updates_per_episode;
  }
};

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_UPDATE_SCHEDULE_H_
