#include "algorithms/nets/paper_network.h"

#include <cassert>

#include <ATen/ATen.h>

#include "algorithms/nets/linear.h"
#include "algorithms/nets/memory_layer.h"

namespace evenkeel {

std::vector<ParameterSpec> PaperNetworkParameters(const std::string& name, const AgentNetworkShape& shape) {
  const int64_t hidden = shape.hidden;
  std::vector<ParameterSpec> specs;
  AppendLinear(name + ".fc1", shape.input, hidden, &specs);
  AppendLinear(name + ".fc2", hidden, hidden, &specs);
  AppendMemoryLayer(name, hidden, shape.recurrent, &specs);
  AppendLinear(name + ".fc3", hidden, hidden, &specs);
  AppendLinear(name + ".fc4", hidden, shape.servers * shape.levels, &specs);
  return specs;
}

PaperNetwork::PaperNetwork(const AgentNetworkShape& shape, absl::Span<const at::Tensor> parameters)
    : AgentNetwork(shape, parameters) {
  assert(static_cast<int64_t>(parameters.size()) == 8 + MemoryLayerTensors(shape.recurrent));
}

at::Tensor PaperNetwork::Forward(const at::Tensor& inputs, const at::Tensor& initial, at::Tensor* last) const {
  const int64_t steps = inputs.size(0), rows = inputs.size(1), memory = MemoryLayerTensors(shape_.recurrent);
  const auto layer = [this](int64_t index, const at::Tensor& x) {
    return Linear(x, parameters_[index], parameters_[index + 1]);
  };
  const at::Tensor fc1 = layer(0, inputs.reshape({steps * rows, shape_.input})).relu_();
  const at::Tensor fc2 = layer(2, fc1).relu_();
  if (last != nullptr) *last = initial;
  const at::Tensor remembered =
      MemoryLayer(fc2, steps, initial, absl::MakeConstSpan(parameters_).subspan(4, memory), last);
  const at::Tensor fc3 = layer(4 + memory, remembered).relu_();
  return layer(6 + memory, fc3).view({steps, rows, shape_.servers, shape_.levels});
}

}  // namespace evenkeel
