// What makes a learned agent, whichever algorithm trains it: its network's kind and width, what it reads, and what its levels
// mean. Read once from the experiment and checked. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_AGENT_SETTINGS_H_
#define EVENKEEL_ALGORITHMS_AGENT_SETTINGS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "algorithms/algorithm.h"
#include "algorithms/batch_shape.h"
#include "algorithms/nets/agent_network_shape.h"
#include "protos/learner.pb.h"

namespace evenkeel {

// Copyable.
struct AgentSettings {
  BatchShape shape;
  AgentNetworkShape network;
  std::vector<float> action_levels;
  std::vector<float> bias_levels;      // {0} if the experiment has none
  std::vector<float> nominal_weights;  // [n]
  v1::Experiment experiment;           // seed, agent and algorithm only

  // The two parts of level 0 .. shape.levels-1 (v1::Action.levels).
  float action_level(uint8_t level) const { return action_levels[level / bias_levels.size()]; }
  float bias_level(uint8_t level) const { return bias_levels[level % bias_levels.size()]; }

  // The place of LB `agent`. Points to `experiment`: valid as long as this object stays where it is.
  PolicyContext context(int agent) const;

  // The shape of its parameters; servers is 0 where they fit any number (SHARED).
  v1::PolicyShape policy_shape() const;
};

// `hidden` is the width of the network. INVALID_ARGUMENT names the field that is missing or out of range, with its value and
// the range.
absl::StatusOr<AgentSettings> ResolveAgentSettings(const PolicyContext& context, int64_t hidden);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_AGENT_SETTINGS_H_
