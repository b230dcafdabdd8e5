#include "algorithms/nets/shared_network.h"

#include <cassert>

#include <ATen/ATen.h>

#include "algorithms/nets/linear.h"
#include "algorithms/nets/memory_layer.h"

namespace evenkeel {

std::vector<ParameterSpec> SharedNetworkParameters(const std::string& name, const AgentNetworkShape& shape) {
  const int64_t hidden = shape.hidden;
  std::vector<ParameterSpec> specs;
  AppendLinear(name + ".encoder", shape.input / shape.servers, hidden, &specs);
  AppendLinear(name + ".context", 2 * hidden, hidden, &specs);
  AppendMemoryLayer(name, hidden, shape.recurrent, &specs);
  AppendLinear(name + ".head", hidden, shape.levels, &specs);
  return specs;
}

SharedNetwork::SharedNetwork(const AgentNetworkShape& shape, absl::Span<const at::Tensor> parameters)
    : AgentNetwork(shape, parameters) {
  assert(static_cast<int64_t>(parameters.size()) == 6 + MemoryLayerTensors(shape.recurrent));
}

at::Tensor SharedNetwork::Forward(const at::Tensor& inputs, const at::Tensor& initial, at::Tensor* last) const {
  const int64_t steps = inputs.size(0), rows = inputs.size(1), servers = shape_.servers, hidden = shape_.hidden;
  const int64_t memory = MemoryLayerTensors(shape_.recurrent);
  const at::Tensor own =
      Linear(inputs.reshape({steps * rows * servers, shape_.input / servers}), parameters_[0], parameters_[1]).relu_();
  const at::Tensor mean = own.view({steps * rows, servers, hidden}).mean(1);
  // The layer reads [own, mean]; the half that reads the mean is the same for all servers and computed once.
  const at::Tensor& weight = parameters_[2];
  const at::Tensor of_own = Linear(own, weight.narrow(1, 0, hidden), parameters_[3]);
  const at::Tensor of_mean = at::mm(mean, weight.narrow(1, hidden, hidden).t());
  const at::Tensor context =
      (of_own.view({steps * rows, servers, hidden}) + of_mean.unsqueeze(1)).relu_().view({-1, hidden});
  at::Tensor state = shape_.recurrent ? initial.view({rows * servers, hidden}) : initial;
  const at::Tensor remembered =
      MemoryLayer(context, steps, state, absl::MakeConstSpan(parameters_).subspan(4, memory), &state);
  if (last != nullptr) *last = state.view({rows, shape_.state()});
  return Linear(remembered, parameters_[4 + memory], parameters_[5 + memory])
      .view({steps, rows, servers, shape_.levels});
}

}  // namespace evenkeel
