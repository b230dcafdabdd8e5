// A fully connected layer, with or without ReLU, as one node of the gradient graph.
#ifndef EVENKEEL_ALGORITHMS_NETS_LINEAR_H_
#define EVENKEEL_ALGORITHMS_NETS_LINEAR_H_

#include <ATen/core/Tensor.h>

#include "algorithms/nets/matrix_precision.h"

namespace evenkeel {

// x [rows, inputs], weight [outputs, inputs] and bias [outputs] to [rows, outputs]. Float or double, any device.
// Differentiable in all three; the backward pass computes no gradient of an x that asks for none. `precision` is that of the
// products of both passes.
at::Tensor Linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                  MatrixPrecision precision = MatrixPrecision::kFloat32);

// max(0, Linear(x, weight, bias, precision)). Its slope at 0 counts as 0.
at::Tensor LinearRelu(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                      MatrixPrecision precision = MatrixPrecision::kFloat32);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_LINEAR_H_
