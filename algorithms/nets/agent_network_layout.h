// The parameters of an agent's network of either kind (agent_network.h), for whoever computes with them. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_NETS_AGENT_NETWORK_LAYOUT_H_
#define EVENKEEL_ALGORITHMS_NETS_AGENT_NETWORK_LAYOUT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "algorithms/nets/agent_network_shape.h"
#include "algorithms/parameter_layout.h"

namespace evenkeel {

// In the order that networks take them, a weight and a bias per layer; names begin with NAME. Initial bounds 1/sqrt(fan in).
//   PAPER    fc1, fc2, memory layer, fc3, fc4
//   SHARED   encoder, context, memory layer, head: the same for every shape.servers at the same width of a row
// The memory layer, H to H, is gru.input and gru.recurrent (gate order reset, update, candidate) or memoryless.
std::vector<ParameterSpec> AgentNetworkParameters(const std::string& name, const AgentNetworkShape& shape);

// How many tensors the memory layer has.
constexpr int64_t MemoryLayerTensors(bool recurrent) { return recurrent ? 4 : 2; }

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_AGENT_NETWORK_LAYOUT_H_
