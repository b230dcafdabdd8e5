// Stretches of an episode: where they lie, and one of them as an episode of its own.
#ifndef EVENKEEL_REPLAY_SEQUENCE_H_
#define EVENKEEL_REPLAY_SEQUENCE_H_

#include <cstdint>
#include <vector>

#include "protos/transition.pb.h"

namespace evenkeel {

struct Stretch {
  uint32_t first_step;
  uint32_t steps;
};

// The stretches of `sequence_steps` steps that cover an episode of `steps`, in order; each begins `overlap` steps
// before the end of the one before. The last is shorter where they do not come out even. sequence_steps = 0: one, the
// whole. REQUIRES: steps > 0, and overlap < sequence_steps unless that is 0.
std::vector<Stretch> CutIntoStretches(uint32_t steps, uint32_t sequence_steps, uint32_t overlap);

// That stretch of `episode`: its columns cut to it, with the observation after its last step. It counts as terminated
// only if the episode is and it is the last. REQUIRES: ValidateEpisode(episode) is OK and the stretch lies within.
v1::Episode Slice(const v1::Episode& episode, const Stretch& stretch);

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_SEQUENCE_H_
