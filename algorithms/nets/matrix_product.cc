#include "algorithms/nets/matrix_product.h"

#include <ATen/ATen.h>

namespace evenkeel {
namespace {

bool Rounds(at::ScalarType type, MatrixPrecision precision) {
  return precision != MatrixPrecision::kFloat32 && type == at::kFloat;
}

}  // namespace

at::Tensor Operand(const at::Tensor& x, MatrixPrecision precision) {
  if (!Rounds(x.scalar_type(), precision)) return x;
  const at::Tensor rounded = x.to(at::kBFloat16);
  return precision == MatrixPrecision::kBfloat16 ? rounded : rounded.to(at::kFloat);
}

at::Tensor MakeOperands(at::IntArrayRef sizes, const at::TensorOptions& options, MatrixPrecision precision) {
  const at::ScalarType type = options.dtype().toScalarType();
  const bool as_bfloat16 = Rounds(type, precision) && precision == MatrixPrecision::kBfloat16;
  return at::empty(sizes, options.dtype(as_bfloat16 ? at::kBFloat16 : type));
}

void OperandInto(const at::Tensor& x, MatrixPrecision precision, const at::Tensor& operand) {
  operand.copy_(operand.scalar_type() == x.scalar_type() ? Operand(x, precision) : x);
}

at::Tensor Product(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor product = at::mm(a, b);
  return product.scalar_type() == at::kBFloat16 ? product.to(at::kFloat) : product;
}

void ProductInto(const at::Tensor& a, const at::Tensor& b, at::Tensor into) {
  if (a.scalar_type() == into.scalar_type()) {
    at::mm_out(into, a, b);
  } else {
    into.copy_(at::mm(a, b));
  }
}

void AddProduct(const at::Tensor& a, const at::Tensor& b, at::Tensor sum) {
  if (a.scalar_type() == sum.scalar_type()) {
    sum.addmm_(a, b);
  } else {
    sum.add_(at::mm(a, b));
  }
}

}  // namespace evenkeel
