#include "replay/sequence.h"

#include <algorithm>
#include <cassert>
#include <string>

namespace evenkeel {
namespace {

// Rows [first, first + rows) of a column of which each row has `row_bytes`.
std::string Rows(const std::string& column, uint64_t first, uint64_t rows, uint64_t row_bytes) {
  return column.substr(first * row_bytes, rows * row_bytes);
}

}  // namespace

std::vector<Stretch> CutIntoStretches(uint32_t steps, uint32_t sequence_steps, uint32_t overlap) {
  if (sequence_steps == 0) return {{0, steps}};
  assert(overlap < sequence_steps);
  std::vector<Stretch> stretches;
  for (uint32_t first = 0;; first += sequence_steps - overlap) {
    stretches.push_back({first, std::min(sequence_steps, steps - first)});
    if (steps - first <= sequence_steps) return stretches;
  }
}

v1::Episode Slice(const v1::Episode& episode, const Stretch& stretch) {
  const uint64_t first = stretch.first_step, steps = stretch.steps;
  const uint64_t agents = episode.agents();
  const uint64_t seen = agents * episode.servers();
  v1::Episode slice;
  slice.set_number(episode.number());
  slice.set_round(episode.round());
  slice.set_world(episode.world());
  slice.set_trace_seed(episode.trace_seed());
  slice.set_policy_version(episode.policy_version());
  slice.set_steps(stretch.steps);
  slice.set_agents(episode.agents());
  slice.set_servers(episode.servers());
  slice.set_features(episode.features());
  slice.set_observations(Rows(episode.observations(), first, steps + 1, seen * episode.features() * sizeof(float)));
  slice.set_levels(Rows(episode.levels(), first, steps, seen));
  slice.set_weights(Rows(episode.weights(), first, steps, seen * sizeof(float)));
  slice.set_rewards(Rows(episode.rewards(), first, steps, sizeof(float)));
  if (!episode.head_rewards().empty()) slice.set_head_rewards(Rows(episode.head_rewards(), first, steps, seen * sizeof(float)));
  slice.set_mask(Rows(episode.mask(), first, steps, agents));
  slice.set_terminated(episode.terminated() && first + steps == episode.steps());
  return slice;
}

}  // namespace evenkeel
