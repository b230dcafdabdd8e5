#include "algorithms/nets/paper_network.h"

#include <cassert>

#include <ATen/ATen.h>

#include "algorithms/nets/agent_network_layout.h"
#include "algorithms/nets/linear.h"
#include "algorithms/nets/memory_layer.h"

namespace evenkeel {

PaperNetwork::PaperNetwork(const AgentNetworkShape& shape, at::TensorList parameters, MatrixPrecision precision)
    : AgentNetwork(shape, parameters, precision) {
  assert(static_cast<int64_t>(parameters.size()) == 8 + MemoryLayerTensors(shape.recurrent));
}

at::Tensor PaperNetwork::Forward(const at::Tensor& inputs, const at::Tensor& initial, at::Tensor* last) const {
  const int64_t steps = inputs.size(0), rows = inputs.size(1), memory = MemoryLayerTensors(shape_.recurrent);
  const auto layer = [this](int64_t index, const at::Tensor& x) {
    return LinearRelu(x, parameters_[index], parameters_[index + 1], precision_);
  };
  const at::Tensor fc2 = layer(2, layer(0, inputs.reshape({steps * rows, shape_.input})));
  if (last != nullptr) *last = initial;
  const at::Tensor remembered =
      MemoryLayer(fc2, steps, initial, at::TensorList(parameters_).slice(4, memory), precision_, last);
  const at::Tensor fc3 = layer(4 + memory, remembered);
  return Linear(fc3, parameters_[6 + memory], parameters_[7 + memory], precision_)
      .view({steps, rows, shape_.servers, shape_.levels});
}

}  // namespace evenkeel
