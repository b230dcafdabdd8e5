// The network of an agent: FC, FC, GRU, FC, FC with one head per server over the action levels (paper Fig. 4,
// method.md A5). Heads give action values, unbounded; nothing squashes them (method.md A1.6). Shared by all agents.
#ifndef EVENKEEL_ALGORITHMS_NETS_AGENT_NETWORK_H_
#define EVENKEEL_ALGORITHMS_NETS_AGENT_NETWORK_H_

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/types/span.h"
#include "algorithms/parameters.h"

namespace evenkeel {

struct AgentNetworkShape {
  int64_t input = 0;    // width of one step's input (BatchShape::input)
  int64_t hidden = 0;   // H, width of every inner layer
  int64_t servers = 0;  // n heads
  int64_t levels = 0;   // L values per head
};

// Parameters in the order that AgentNetwork takes them; names begin with "agent.". Initial bounds 1/sqrt(fan in).
std::vector<ParameterSpec> AgentNetworkParameters(const AgentNetworkShape& shape);

// The function of given parameters; owns none. Thread-safe: nothing changes after construction.
class AgentNetwork {
 public:
  // `parameters` as AgentNetworkParameters lists them, float or double.
  AgentNetwork(const AgentNetworkShape& shape, absl::Span<const at::Tensor> parameters);

  // Action values [T, N, n, L] of N sequences of T steps from `inputs` [T, N, input], starting from hidden state
  // `initial` [N, H]. If `last` is given, it becomes the hidden state after step T [N, H].
  at::Tensor Forward(const at::Tensor& inputs, const at::Tensor& initial, at::Tensor* last = nullptr) const;

 private:
  AgentNetworkShape shape_;
  std::vector<at::Tensor> parameters_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_AGENT_NETWORK_H_
