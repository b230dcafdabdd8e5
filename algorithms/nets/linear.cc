#include "algorithms/nets/linear.h"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "algorithms/nets/bias_relu.h"
#include "algorithms/nets/matrix_product.h"

namespace evenkeel {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Of operands.
at::Tensor Forward(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, bool relu) {
  at::Tensor result = at::empty({x.size(0), weight.size(0)}, bias.options().requires_grad(false));
  ProductInto(x, weight.t(), result);
  const at::Tensor contiguous_bias = bias.contiguous();
  AT_DISPATCH_FLOATING_TYPES(result.scalar_type(), "BiasRelu", [&] {
    BiasRelu(result.size(0), result.size(1), relu, contiguous_bias.data_ptr<scalar_t>(), result.data_ptr<scalar_t>());
  });
  return result;
}

class LinearFunction : public torch::autograd::Function<LinearFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            bool relu, MatrixPrecision precision) {
    const at::Tensor x_operand = Operand(x, precision), weight_operand = Operand(weight, precision);
    const at::Tensor result = Forward(x_operand, weight_operand, bias, relu);
    context->save_for_backward({x_operand, weight_operand, relu ? result : at::Tensor()});
    context->saved_data["x_gradient"] = x.requires_grad();
    context->saved_data["precision"] = static_cast<int64_t>(precision);
    return result;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], &result = saved[2];
    const bool relu = result.defined();
    const at::Tensor gradient = gradients[0].contiguous();
    const at::Tensor masked = relu ? at::empty_like(gradient) : gradient;
    const at::Tensor d_bias = at::empty({gradient.size(1)}, gradient.options());
    AT_DISPATCH_FLOATING_TYPES(gradient.scalar_type(), "BiasReluGradient", [&] {
      BiasReluGradient(gradient.size(0), gradient.size(1), relu, relu ? result.data_ptr<scalar_t>() : nullptr,
                       gradient.data_ptr<scalar_t>(), masked.data_ptr<scalar_t>(), d_bias.data_ptr<scalar_t>());
    });
    const auto precision = static_cast<MatrixPrecision>(context->saved_data["precision"].toInt());
    const at::Tensor operand = Operand(masked, precision);
    at::Tensor d_x;
    if (context->saved_data["x_gradient"].toBool()) d_x = Product(operand, weight);
    return {d_x, Product(operand.t(), x), d_bias, at::Tensor(), at::Tensor()};
  }
};

at::Tensor LibTorchLinear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, MatrixPrecision precision) {
  if (precision == MatrixPrecision::kFloat32) return at::addmm(bias, x, weight.t());
  return at::mm(Operand(x, precision), Operand(weight, precision).t()) + bias;  // float, as the bias is
}

at::Tensor Apply(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, bool relu,
                 MatrixPrecision precision) {
  if (!x.is_cpu()) {
    const at::Tensor sum = LibTorchLinear(x, weight, bias, precision);
    return relu ? at::relu(sum) : sum;
  }
  const bool needs_gradient =
      at::GradMode::is_enabled() && (x.requires_grad() || weight.requires_grad() || bias.requires_grad());
  if (needs_gradient) return LinearFunction::apply(x, weight, bias, relu, precision);
  return Forward(Operand(x, precision), Operand(weight, precision), bias, relu);
}

}  // namespace

at::Tensor Linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, MatrixPrecision precision) {
  return Apply(x, weight, bias, /*relu=*/false, precision);
}

at::Tensor LinearRelu(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, MatrixPrecision precision) {
  return Apply(x, weight, bias, /*relu=*/true, precision);
}

}  // namespace evenkeel
