// Whole episodes as the dense columns that a learner reads. Free of LibTorch: a tensor is made by pointing at a column.
#ifndef EVENKEEL_ALGORITHMS_BATCH_H_
#define EVENKEEL_ALGORITHMS_BATCH_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "protos/transition.pb.h"

namespace evenkeel {

// What all episodes of a batch have in common.
struct BatchShape {
  int64_t agents = 0;   // m
  int64_t servers = 0;  // n
  int64_t levels = 0;   // L
  // What an agent's network reads per step: n scaled observations, then its last action one-hot per server.
  int64_t input() const;
  // What the mixer reads per step: the scaled observations of all agents.
  int64_t state() const;
};

// B episodes from their first step on, time first, zero-padded to the longest: T = steps. Nothing is cropped, so a
// recurrent network starts every episode with the hidden state it started with in life. Row-major.
struct Batch {
  BatchShape shape;
  int64_t episodes = 0;  // B
  int64_t steps = 0;     // T of the longest

  std::vector<float> inputs;      // [T+1, B, m, input] the action of step t is the last action of row t+1; zeros in row 0
  std::vector<float> states;      // [T+1, B, state]
  std::vector<int64_t> levels;    // [T, B, m, n]
  std::vector<float> rewards;     // [T, B]
  std::vector<float> present;     // [T+1, B, m] 1 = the agent took part; row T is 1
  std::vector<float> valid;       // [T, B] 1 = a step of the episode, 0 = padding
  std::vector<float> terminated;  // [T, B] 1 = the task ended with this step: nothing follows that could be worth anything
};

// OK if every episode fits `shape`, has at least one step, finite rewards, and finite observations >= 0.
// INVALID_ARGUMENT names the episode, the field, and what was expected and found.
absl::Status CheckEpisodes(absl::Span<const v1::Episode* const> episodes, const BatchShape& shape);

// REQUIRES: CheckEpisodes gave OK, and there is at least one episode.
Batch MakeBatch(absl::Span<const v1::Episode* const> episodes, const BatchShape& shape);

// Writes one row of Batch::inputs: the paper's features of n x kFeatures raw observations, scaled, then the one-hot last levels
// (`last_levels` [n], or null for none). `row` holds shape.input() values.
void WriteInputRow(const BatchShape& shape, const float* raw_observations, const uint8_t* last_levels, float* row);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_BATCH_H_
