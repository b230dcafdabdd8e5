#include "algorithms/nets/shared_network.h"

#include <cassert>

#include <ATen/ATen.h>

#include "algorithms/nets/agent_network_layout.h"
#include "algorithms/nets/linear.h"
#include "algorithms/nets/memory_layer.h"

namespace evenkeel {

SharedNetwork::SharedNetwork(const AgentNetworkShape& shape, at::TensorList parameters, MatrixPrecision precision)
    : AgentNetwork(shape, parameters, precision) {
  assert(static_cast<int64_t>(parameters.size()) == 6 + MemoryLayerTensors(shape.recurrent));
}

at::Tensor SharedNetwork::Forward(const at::Tensor& inputs, const at::Tensor& initial, at::Tensor* last) const {
  const int64_t steps = inputs.size(0), rows = inputs.size(1), servers = shape_.servers, hidden = shape_.hidden;
  const int64_t memory = MemoryLayerTensors(shape_.recurrent);
  const at::Tensor own = LinearRelu(inputs.reshape({steps * rows * servers, shape_.input / servers}), parameters_[0],
                                    parameters_[1], precision_);
  const at::Tensor mean = own.view({steps * rows, servers, hidden}).mean(1);
  // The layer reads [own, mean]; the half that reads the mean is the same for all servers and computed once, always as float.
  const at::Tensor& weight = parameters_[2];
  const at::Tensor of_own = Linear(own, weight.narrow(1, 0, hidden), parameters_[3], precision_);
  const at::Tensor of_mean = at::mm(mean, weight.narrow(1, hidden, hidden).t());
  const at::Tensor context =
      (of_own.view({steps * rows, servers, hidden}) + of_mean.unsqueeze(1)).relu_().view({-1, hidden});
  at::Tensor state = shape_.recurrent ? initial.view({rows * servers, hidden}) : initial;
  const at::Tensor remembered =
      MemoryLayer(context, steps, state, at::TensorList(parameters_).slice(4, memory), precision_, &state);
  if (last != nullptr) *last = state.view({rows, shape_.state()});
  return Linear(remembered, parameters_[4 + memory], parameters_[5 + memory], precision_)
      .view({steps, rows, servers, shape_.levels});
}

}  // namespace evenkeel
