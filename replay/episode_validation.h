// Whether an episode that a peer sent is one.
#ifndef EVENKEEL_REPLAY_EPISODE_VALIDATION_H_
#define EVENKEEL_REPLAY_EPISODE_VALIDATION_H_

#include <cstdint>

#include "absl/status/status.h"
#include "protos/transition.pb.h"

namespace evenkeel {

// All columns of one episode together; paper/moderate has 0.2 MB, paper/large 3 MB.
inline constexpr uint64_t kMaxEpisodeBytes = uint64_t{255} << 20;

// Largest message that replay or its client takes: such an episode and its envelope.
inline constexpr int kMaxReplayMessageBytes = 256 << 20;

// OK if every later reader may trust the sizes: T, m, n, F are at least 1 and within bounds, each column has
// exactly the bytes that they ask for, floats are finite, and the mask holds only 0 and 1. INVALID_ARGUMENT
// names the episode, the column, what was expected and what was found. Whether a level exists in the
// experiment is for those who know it.
absl::Status ValidateEpisode(const v1::Episode& episode);

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_EPISODE_VALIDATION_H_
