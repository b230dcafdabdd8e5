#include "algorithms/td_targets.h"

#include <cassert>

namespace evenkeel {

std::vector<float> TdTargets(const Batch& batch, absl::Span<const float> next_values, float discount, float lambda) {
  const int64_t width = static_cast<int64_t>(next_values.size() / batch.valid.size());  // W
  assert(width * batch.valid.size() == next_values.size());
  const bool of_heads = batch.head_rewards.size() == next_values.size();
  std::vector<float> targets(next_values.size());
  for (int64_t row = static_cast<int64_t>(batch.valid.size()) - 1; row >= 0; --row) {
    if (batch.valid[row] == 0) continue;
    const int64_t next_row = row + batch.episodes;
    const bool last = next_row >= static_cast<int64_t>(batch.valid.size()) || batch.valid[next_row] == 0;
    for (int64_t at = row * width; at < (row + 1) * width; ++at) {
      float future = next_values[at];
      if (!last) future += lambda * (targets[at + batch.episodes * width] - future);
      if (batch.terminated[row] != 0) future = 0;
      targets[at] = (of_heads ? batch.head_rewards[at] : batch.rewards[row]) + discount * future;
    }
  }
  return targets;
}

}  // namespace evenkeel
