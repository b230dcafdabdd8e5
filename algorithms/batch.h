// Whole episodes as the dense columns that a learner reads. Free of LibTorch: a tensor is made by pointing at a column.
#ifndef EVENKEEL_ALGORITHMS_BATCH_H_
#define EVENKEEL_ALGORITHMS_BATCH_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "algorithms/agent_settings.h"
#include "algorithms/batch_shape.h"
#include "protos/transition.pb.h"

namespace evenkeel {

// B episodes from their first step on, time first, zero-padded to the longest: T = steps. Nothing is cropped, so a
// recurrent network starts every episode with the hidden state it started with in life, and no steps are needed to warm it.
// Row-major.
struct Batch {
  BatchShape shape;
  int64_t episodes = 0;  // B
  int64_t steps = 0;     // T of the longest

  std::vector<float> inputs;      // [T+1, B, m, input] the action of step t is the last action of row t+1; row 0 has none
  std::vector<float> states;      // [T+1, B, state]; SHARED: empty, see mixer_states
  std::vector<int64_t> levels;    // [T, B, m, n]
  std::vector<float> rewards;     // [T, B]
  std::vector<float> head_rewards;  // [T, B, m, n] each head's own reward, or empty
  std::vector<float> present;     // [T+1, B, m] 1 = the agent took part; row T is 1
  std::vector<float> valid;       // [T, B] 1 = a step of the episode, 0 = padding
  std::vector<float> terminated;  // [T, B] 1 = the task ended with this step: nothing follows that could be worth anything
  std::vector<float> importance;  // [B] how often the episode counts in the loss (Trainer::Update)

  // What a mixer reads [T+1, B, state]; SHARED: the inputs themselves.
  const std::vector<float>& mixer_states() const { return shape.shared() ? inputs : states; }
};

// OK if every episode fits `shape`, has at least one step, finite rewards, finite observations >= 0, and all or none have head
// rewards.
// INVALID_ARGUMENT names the episode, the field, and what was expected and found.
absl::Status CheckEpisodes(absl::Span<const v1::Episode* const> episodes, const BatchShape& shape);

// The inputs are what AgentInputs makes of the stored observations, levels and weights: what the acting policy computed, to
// the last bit, unless an agent missed a step (its own memory is then that of what it would have done). The importance of the
// episodes is 1 if none is given.
// REQUIRES: CheckEpisodes gave OK for settings.shape, and there is at least one episode.
Batch MakeBatch(absl::Span<const v1::Episode* const> episodes, const AgentSettings& settings,
                absl::Span<const float> importance = {});

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_BATCH_H_
