#include "algorithms/nets/agent_network.h"

#include <cassert>
#include <cmath>

#include <ATen/ATen.h>

#include "algorithms/nets/gru.h"
#include "algorithms/nets/linear.h"

namespace evenkeel {
namespace {

enum Parameter { kFc1, kFc2 = 2, kGruInput = 4, kGruRecurrent = 6, kFc3 = 8, kFc4 = 10, kParameters = 12 };

}  // namespace

std::vector<ParameterSpec> AgentNetworkParameters(const AgentNetworkShape& shape) {
  const int64_t hidden = shape.hidden;
  std::vector<ParameterSpec> specs;
  AppendLinear("agent.fc1", shape.input, hidden, &specs);
  AppendLinear("agent.fc2", hidden, hidden, &specs);
  AppendLinear("agent.gru.input", hidden, 3 * hidden, &specs);
  AppendLinear("agent.gru.recurrent", hidden, 3 * hidden, &specs);
  AppendLinear("agent.fc3", hidden, hidden, &specs);
  AppendLinear("agent.fc4", hidden, shape.servers * shape.levels, &specs);
  return specs;
}

AgentNetwork::AgentNetwork(const AgentNetworkShape& shape, absl::Span<const at::Tensor> parameters)
    : shape_(shape), parameters_(parameters.begin(), parameters.end()) {
  assert(parameters_.size() == kParameters);
}

at::Tensor AgentNetwork::Forward(const at::Tensor& inputs, const at::Tensor& initial, at::Tensor* last) const {
  const int64_t steps = inputs.size(0), rows = inputs.size(1);
  const auto layer = [this](Parameter index, const at::Tensor& x) {
    return Linear(x, parameters_[index], parameters_[index + 1]);
  };
  const at::Tensor fc1 = layer(kFc1, inputs.reshape({steps * rows, shape_.input})).relu_();
  const at::Tensor fc2 = layer(kFc2, fc1).relu_();
  const at::Tensor gates = layer(kGruInput, fc2).view({steps, rows, 3 * shape_.hidden});
  const at::Tensor states = GruSequence(gates, initial, parameters_[kGruRecurrent], parameters_[kGruRecurrent + 1]);
  if (last != nullptr) *last = states.select(0, steps - 1);
  const at::Tensor fc3 = layer(kFc3, states.view({steps * rows, shape_.hidden})).relu_();
  return layer(kFc4, fc3).view({steps, rows, shape_.servers, shape_.levels});
}

}  // namespace evenkeel
