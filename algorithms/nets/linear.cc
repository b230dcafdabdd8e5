#include "algorithms/nets/linear.h"

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/custom_function.h>

#include "algorithms/nets/bias_relu.h"

namespace evenkeel {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

at::Tensor Forward(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, bool relu) {
  at::Tensor result = at::empty({x.size(0), weight.size(0)}, x.options().requires_grad(false));
  at::mm_out(result, x, weight.t());
  const at::Tensor contiguous_bias = bias.contiguous();
  AT_DISPATCH_FLOATING_TYPES(result.scalar_type(), "BiasRelu", [&] {
    BiasRelu(result.size(0), result.size(1), relu, contiguous_bias.data_ptr<scalar_t>(), result.data_ptr<scalar_t>());
  });
  return result;
}

class LinearFunction : public torch::autograd::Function<LinearFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            bool relu) {
    const at::Tensor result = Forward(x, weight, bias, relu);
    context->save_for_backward({x, weight, relu ? result : at::Tensor()});
    context->saved_data["x_gradient"] = x.requires_grad();
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
    at::Tensor d_x;
    if (context->saved_data["x_gradient"].toBool()) d_x = at::mm(masked, weight);
    return {d_x, at::mm(masked.t(), x), d_bias, at::Tensor()};
  }
};

at::Tensor Apply(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias, bool relu) {
  if (!x.is_cpu()) {
    const at::Tensor sum = at::addmm(bias, x, weight.t());
    return relu ? at::relu(sum) : sum;
  }
  const bool needs_gradient =
      at::GradMode::is_enabled() && (x.requires_grad() || weight.requires_grad() || bias.requires_grad());
  return needs_gradient ? LinearFunction::apply(x, weight, bias, relu) : Forward(x, weight, bias, relu);
}

}  // namespace

at::Tensor Linear(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return Apply(x, weight, bias, /*relu=*/false);
}

at::Tensor LinearRelu(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias) {
  return Apply(x, weight, bias, /*relu=*/true);
}

}  // namespace evenkeel
