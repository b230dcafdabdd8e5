// The networks of a learner of values over one flat parameter vector: first the agent network's parameters, then the mixer's.
#ifndef EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_NETWORKS_H_
#define EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_NETWORKS_H_

#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "algorithms/nets/agent_network.h"
#include "algorithms/nets/mixer.h"
#include "algorithms/parameter_layout.h"
#include "algorithms/value_learning/value_settings.h"

namespace evenkeel {

// What the learner has. It begins with AgentLayout (learned_policy.h), what an actor needs.
ParameterLayout JointLayout(const ValueSettings& settings);

// Of qmix's mixer.
MixerShape MixerShapeOf(const ValueSettings& settings);

// The networks whose parameters are views of a flat tensor [JointLayout.size()] on any device: changing the tensor changes them.
struct ValueNetworks {
  ValueNetworks(const ValueSettings& settings, const at::Tensor& flat, bool with_gradients);

  std::vector<at::Tensor> parameters;
  std::unique_ptr<AgentNetwork> agent;
  std::unique_ptr<Mixer> mixer;  // null unless Mixing::kMonotonic
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_NETWORKS_H_
