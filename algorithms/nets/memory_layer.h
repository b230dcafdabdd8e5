// The middle layer of an agent's network, which may remember: a GRU over the steps or, without memory, FC and ReLU.
#ifndef EVENKEEL_ALGORITHMS_NETS_MEMORY_LAYER_H_
#define EVENKEEL_ALGORITHMS_NETS_MEMORY_LAYER_H_

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/types/span.h"
#include "algorithms/parameters.h"

namespace evenkeel {

// Appends the layer's parameters, H to H: NAME.gru.input and NAME.gru.recurrent, or NAME.memoryless. Each is a weight and a
// bias.
void AppendMemoryLayer(const std::string& name, int64_t hidden, bool recurrent, std::vector<ParameterSpec>* specs);

// How many tensors those are.
int64_t MemoryLayerTensors(bool recurrent);

// x [T R, H] of R sequences, time first, to [T R, H]. `parameters` as AppendMemoryLayer lists them; their number says which
// layer it is. The GRU starts from `initial` [R, H] and leaves its state after step T in `last`, if given. The layer without
// memory reads neither and leaves `last` alone.
at::Tensor MemoryLayer(const at::Tensor& x, int64_t steps, const at::Tensor& initial,
                       absl::Span<const at::Tensor> parameters, at::Tensor* last);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_MEMORY_LAYER_H_
