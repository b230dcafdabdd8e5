#include "algorithms/nets/monotonic_mixer.h"

#include <cassert>

#include <ATen/ATen.h>
#include <ATen/Dispatch.h>
#include <torch/csrc/autograd/custom_function.h>

#include "algorithms/nets/absolute_product.h"
#include "algorithms/nets/linear.h"
#include "algorithms/nets/linear_layout.h"

namespace evenkeel {
namespace {

enum Parameter { kW1a, kW1b = 2, kB1 = 4, kW2a = 6, kW2b = 8, kVa = 10, kVb = 12, kParameters = 14 };

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// heads [R, K] and weights [R, K E] to [R, E]: each row of heads times the absolute values of its own K x E matrix.
class MixFunction : public torch::autograd::Function<MixFunction> {
 public:
  static at::Tensor forward(AutogradContext* context, const at::Tensor& heads, const at::Tensor& weights) {
    context->save_for_backward({heads, weights});
    const at::Tensor mixed = at::empty({heads.size(0), weights.size(1) / heads.size(1)}, heads.options());
    AT_DISPATCH_FLOATING_TYPES(heads.scalar_type(), "Mix", [&] {
      AbsoluteProduct(heads.size(0), heads.size(1), mixed.size(1), heads.data_ptr<scalar_t>(),
                      weights.data_ptr<scalar_t>(), mixed.data_ptr<scalar_t>());
    });
    return mixed;
  }

  static variable_list backward(AutogradContext* context, variable_list gradients) {
    const variable_list saved = context->get_saved_variables();
    const at::Tensor &heads = saved[0], &weights = saved[1];
    const at::Tensor gradient = gradients[0].contiguous();
    const at::Tensor d_heads = at::empty_like(heads), d_weights = at::empty_like(weights);
    AT_DISPATCH_FLOATING_TYPES(heads.scalar_type(), "MixGradient", [&] {
      AbsoluteProductGradient(heads.size(0), heads.size(1), gradient.size(1), heads.data_ptr<scalar_t>(),
                              weights.data_ptr<scalar_t>(), gradient.data_ptr<scalar_t>(), d_heads.data_ptr<scalar_t>(),
                              d_weights.data_ptr<scalar_t>());
    });
    return {d_heads, d_weights};
  }
};

at::Tensor Mix(const at::Tensor& heads, const at::Tensor& weights) {
  if (heads.is_cpu()) return MixFunction::apply(heads, weights);
  const at::Tensor matrices = weights.abs().view({heads.size(0), heads.size(1), weights.size(1) / heads.size(1)});
  return at::bmm(heads.unsqueeze(1), matrices).squeeze(1);
}

}  // namespace

std::vector<ParameterSpec> MonotonicMixerParameters(const MixerShape& shape) {
  std::vector<ParameterSpec> specs;
  AppendLinear("mixer.w1.fc1", shape.state, shape.hypernet_hidden, &specs);
  AppendLinear("mixer.w1.fc2", shape.hypernet_hidden, shape.heads * shape.embed, &specs);
  AppendLinear("mixer.b1", shape.state, shape.embed, &specs);
  AppendLinear("mixer.w2.fc1", shape.state, shape.hypernet_hidden, &specs);
  AppendLinear("mixer.w2.fc2", shape.hypernet_hidden, shape.embed, &specs);
  AppendLinear("mixer.v.fc1", shape.state, shape.embed, &specs);
  AppendLinear("mixer.v.fc2", shape.embed, 1, &specs);
  return specs;
}

MonotonicMixer::MonotonicMixer(at::TensorList parameters, MatrixPrecision precision)
    : parameters_(parameters.begin(), parameters.end()), precision_(precision) {
  assert(parameters_.size() == kParameters);
}

at::Tensor MonotonicMixer::Forward(const at::Tensor& heads, const at::Tensor& states) const {
  const auto layer = [this](Parameter index, const at::Tensor& x) {
    return Linear(x, parameters_[index], parameters_[index + 1], precision_);
  };
  const auto relu_layer = [this](Parameter index, const at::Tensor& x) {
    return LinearRelu(x, parameters_[index], parameters_[index + 1], precision_);
  };
  const at::Tensor w1 = layer(kW1b, relu_layer(kW1a, states));
  const at::Tensor w2 = layer(kW2b, relu_layer(kW2a, states)).abs();
  const at::Tensor hidden = at::elu(Mix(heads.contiguous(), w1) + layer(kB1, states));
  const at::Tensor value = layer(kVb, relu_layer(kVa, states)).squeeze(1);
  return (hidden * w2).sum(1) + value;
}

}  // namespace evenkeel
