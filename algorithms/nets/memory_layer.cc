#include "algorithms/nets/memory_layer.h"

#include <cassert>

#include <ATen/ATen.h>

#include "algorithms/nets/gru.h"
#include "algorithms/nets/linear.h"

namespace evenkeel {

void AppendMemoryLayer(const std::string& name, int64_t hidden, bool recurrent, std::vector<ParameterSpec>* specs) {
  if (!recurrent) return AppendLinear(name + ".memoryless", hidden, hidden, specs);
  AppendLinear(name + ".gru.input", hidden, 3 * hidden, specs);
  AppendLinear(name + ".gru.recurrent", hidden, 3 * hidden, specs);
}

int64_t MemoryLayerTensors(bool recurrent) { return recurrent ? 4 : 2; }

at::Tensor MemoryLayer(const at::Tensor& x, int64_t steps, const at::Tensor& initial,
                       absl::Span<const at::Tensor> parameters, at::Tensor* last) {
  if (static_cast<int64_t>(parameters.size()) == MemoryLayerTensors(false)) {
    return Linear(x, parameters[0], parameters[1]).relu_();
  }
  assert(static_cast<int64_t>(parameters.size()) == MemoryLayerTensors(true));
  const at::Tensor gates = Linear(x, parameters[0], parameters[1]).view({steps, x.size(0) / steps, 3 * x.size(1)});
  const at::Tensor states = GruSequence(gates, initial, parameters[2], parameters[3]);
  if (last != nullptr) *last = states.select(0, steps - 1);
  return states.view({x.size(0), x.size(1)});
}

}  // namespace evenkeel
