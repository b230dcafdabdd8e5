// QMIX's networks over one flat parameter vector: first the agent network's parameters, then the mixer's.
#ifndef EVENKEEL_ALGORITHMS_QMIX_QMIX_NETWORKS_H_
#define EVENKEEL_ALGORITHMS_QMIX_QMIX_NETWORKS_H_

#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "algorithms/nets/agent_network.h"
#include "algorithms/nets/mixer.h"
#include "algorithms/parameters.h"
#include "algorithms/qmix/qmix_settings.h"

namespace evenkeel {

// What an actor needs: the beginning of JointLayout.
ParameterLayout AgentLayout(const QmixSettings& settings);

// What the learner has.
ParameterLayout JointLayout(const QmixSettings& settings);

AgentNetworkShape AgentShape(const QmixSettings& settings);

// The networks whose parameters are views of a flat tensor [JointLayout.size()]: changing the tensor changes them.
struct QmixNetworks {
  QmixNetworks(const QmixSettings& settings, const at::Tensor& flat, bool with_gradients);

  std::vector<at::Tensor> parameters;
  std::unique_ptr<AgentNetwork> agent;
  std::unique_ptr<Mixer> mixer;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_QMIX_QMIX_NETWORKS_H_
