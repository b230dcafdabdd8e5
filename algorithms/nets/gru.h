// A gated recurrent unit over whole sequences, as one node of the gradient graph instead of a dozen per step.
#ifndef EVENKEEL_ALGORITHMS_NETS_GRU_H_
#define EVENKEEL_ALGORITHMS_NETS_GRU_H_

#include <ATen/core/Tensor.h>

#include "algorithms/nets/matrix_precision.h"

namespace evenkeel {

// Hidden states [T, N, H] after each of T steps of N sequences. Same equations and gate order (reset, update, candidate)
// as torch::nn::GRU, one layer.
//   gate_inputs   [T, N, 3H]  W_ih x + b_ih, for all steps at once
//   initial       [N, H]      hidden state before the first step; no gradient flows to it
//   weight        [3H, H]     W_hh
//   bias          [3H]        b_hh
// Float or double, CPU. Differentiable in gate_inputs, weight and bias; keeps nothing for a backward pass where no
// gradient is asked for. `precision` is that of the products of both passes; states go on from step to step as they are.
at::Tensor GruSequence(const at::Tensor& gate_inputs, const at::Tensor& initial, const at::Tensor& weight,
                       const at::Tensor& bias, MatrixPrecision precision = MatrixPrecision::kFloat32);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_GRU_H_
