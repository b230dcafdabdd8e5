// The network of an agent: from what it sees, step by step, to L values for each server's head. Heads are unbounded;
// nothing squashes them (method.md A1.6). One set of parameters serves all agents. Two kinds: paper_network.h and
// shared_network.h.
#ifndef EVENKEEL_ALGORITHMS_NETS_AGENT_NETWORK_H_
#define EVENKEEL_ALGORITHMS_NETS_AGENT_NETWORK_H_

#include <memory>
#include <vector>

#include <ATen/core/Tensor.h>

#include "algorithms/nets/agent_network_shape.h"
#include "algorithms/nets/matrix_precision.h"

namespace evenkeel {

// The function of given parameters; owns none. Thread-safe: nothing changes after construction.
class AgentNetwork {
 public:
  virtual ~AgentNetwork() = default;

  // Values [T, N, n, L] of N agents over T steps from `inputs` [T, N, input], starting from what they remember
  // `initial` [N, state], contiguous. If `last` is given, it becomes what they remember after step T [N, state]. No
  // gradient flows to `initial`.
  virtual at::Tensor Forward(const at::Tensor& inputs, const at::Tensor& initial, at::Tensor* last = nullptr) const = 0;

  // What `rows` agents remember before their first step: zeros [rows, state], of the parameters' type.
  at::Tensor InitialState(int64_t rows) const;

  const AgentNetworkShape& shape() const { return shape_; }

 protected:
  AgentNetwork(const AgentNetworkShape& shape, at::TensorList parameters, MatrixPrecision precision)
      : shape_(shape), precision_(precision), parameters_(parameters.begin(), parameters.end()) {}

  const AgentNetworkShape shape_;
  const MatrixPrecision precision_;
  const std::vector<at::Tensor> parameters_;
};

// `parameters` as AgentNetworkParameters (agent_network_layout.h) lists them, float or double, all on one device. `precision` is
// that of its layers (linear.h, memory_layer.h).
std::unique_ptr<AgentNetwork> MakeAgentNetwork(const AgentNetworkShape& shape, at::TensorList parameters,
                                               MatrixPrecision precision = MatrixPrecision::kFloat32);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_AGENT_NETWORK_H_
