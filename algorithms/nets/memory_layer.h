// The middle layer of an agent's network, which may remember: a GRU over the steps or, without memory, FC and ReLU.
#ifndef EVENKEEL_ALGORITHMS_NETS_MEMORY_LAYER_H_
#define EVENKEEL_ALGORITHMS_NETS_MEMORY_LAYER_H_

#include <ATen/core/Tensor.h>

#include "algorithms/nets/matrix_precision.h"

namespace evenkeel {

// x [T R, H] of R sequences, time first, to [T R, H]. `parameters` as AgentNetworkParameters lists this layer's; their number
// says which it is. The GRU starts from `initial` [R, H] and leaves its state after step T in `last`, if given. The layer
// without memory reads neither and leaves `last` alone. `precision` is that of the products; but on another device than the CPU the
// GRU is LibTorch's, which takes float: one of bfloat16 would also round what is remembered, at every step
// (SetGruPrecisionOnCuda, compute_device.h).
at::Tensor MemoryLayer(const at::Tensor& x, int64_t steps, const at::Tensor& initial, at::TensorList parameters,
                       MatrixPrecision precision, at::Tensor* last);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_MEMORY_LAYER_H_
