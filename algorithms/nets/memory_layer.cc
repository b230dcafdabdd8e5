#include "algorithms/nets/memory_layer.h"

#include <cassert>
#include <tuple>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "algorithms/nets/agent_network_layout.h"
#include "algorithms/nets/gru.h"
#include "algorithms/nets/linear.h"

namespace evenkeel {
namespace {

// GruSequence is of the CPU; elsewhere LibTorch's own is one call, too.
at::Tensor LibTorchGru(const at::Tensor& x, int64_t steps, const at::Tensor& initial, at::TensorList parameters) {
  return std::get<0>(at::gru(x.view({steps, x.size(0) / steps, x.size(1)}), initial.unsqueeze(0),
                             {parameters[0], parameters[2], parameters[1], parameters[3]}, /*has_biases=*/true,
                             /*num_layers=*/1, /*dropout=*/0.0, /*train=*/at::GradMode::is_enabled(),
                             /*bidirectional=*/false, /*batch_first=*/false));
}

}  // namespace

at::Tensor MemoryLayer(const at::Tensor& x, int64_t steps, const at::Tensor& initial, at::TensorList parameters,
                       at::Tensor* last) {
  if (static_cast<int64_t>(parameters.size()) == MemoryLayerTensors(false)) {
    return LinearRelu(x, parameters[0], parameters[1]);
  }
  assert(static_cast<int64_t>(parameters.size()) == MemoryLayerTensors(true));
  at::Tensor states;
  if (x.is_cpu()) {
    const at::Tensor gates = Linear(x, parameters[0], parameters[1]).view({steps, x.size(0) / steps, 3 * x.size(1)});
    states = GruSequence(gates, initial, parameters[2], parameters[3]);
  } else {
    states = LibTorchGru(x, steps, initial, parameters);
  }
  if (last != nullptr) *last = states.select(0, steps - 1);
  return states.view({x.size(0), x.size(1)});
}

}  // namespace evenkeel
