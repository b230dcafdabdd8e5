// Matrix products at any MatrixPrecision. What a product reads is rounded once, by Operand, and may then be read by several.
#ifndef EVENKEEL_ALGORITHMS_NETS_MATRIX_PRODUCT_H_
#define EVENKEEL_ALGORITHMS_NETS_MATRIX_PRODUCT_H_

#include <ATen/core/Tensor.h>

#include "algorithms/nets/matrix_precision.h"

namespace evenkeel {

// `x` as products read it: `x` itself, or a rounded copy of it, to the nearest, in bfloat16 or in float.
at::Tensor Operand(const at::Tensor& x, MatrixPrecision precision);

// Room for operands made of tensors with `options`, uninitialised.
at::Tensor MakeOperands(at::IntArrayRef sizes, const at::TensorOptions& options, MatrixPrecision precision);

// Operand(x, precision), written to `operand`, which MakeOperands made with the same precision.
void OperandInto(const at::Tensor& x, MatrixPrecision precision, const at::Tensor& operand);

// The product of two operands of one precision as float (double of doubles). `into` and `sum` are float or double.
at::Tensor Product(const at::Tensor& a, const at::Tensor& b);
void ProductInto(const at::Tensor& a, const at::Tensor& b, at::Tensor into);  // into = a b
void AddProduct(const at::Tensor& a, const at::Tensor& b, at::Tensor sum);    // sum += a b

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_MATRIX_PRODUCT_H_
