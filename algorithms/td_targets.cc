#include "algorithms/td_targets.h"

#include <cassert>

namespace evenkeel {

std::vector<float> TdTargets(const Batch& batch, absl::Span<const float> next_values, float discount, float lambda) {
  assert(next_values.size() == batch.valid.size());
  std::vector<float> targets(batch.valid.size());
  for (int64_t step = batch.steps - 1; step >= 0; --step) {
    for (int64_t episode = 0; episode < batch.episodes; ++episode) {
      const int64_t at = step * batch.episodes + episode;
      if (batch.valid[at] == 0) continue;
      const bool last = step + 1 == batch.steps || batch.valid[at + batch.episodes] == 0;
      float future = next_values[at];
      if (!last) future += lambda * (targets[at + batch.episodes] - future);
      if (batch.terminated[at] != 0) future = 0;
      targets[at] = batch.rewards[at] + discount * future;
    }
  }
  return targets;
}

}  // namespace evenkeel
