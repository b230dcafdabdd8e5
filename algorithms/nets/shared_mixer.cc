#include "algorithms/nets/shared_mixer.h"

#include <cassert>

#include <ATen/ATen.h>

#include "algorithms/nets/linear.h"
#include "algorithms/nets/linear_layout.h"

namespace evenkeel {
namespace {

enum Parameter { kEncoder, kW1a = 2, kW1b = 4, kB1 = 6, kW2a = 8, kW2b = 10, kVa = 12, kVb = 14, kParameters = 16 };

}  // namespace

std::vector<ParameterSpec> SharedMixerParameters(const MixerShape& shape) {
  const int64_t width = shape.hypernet_hidden;
  std::vector<ParameterSpec> specs;
  AppendLinear("mixer.encoder", shape.state / shape.heads, width, &specs);
  AppendLinear("mixer.w1.fc1", 2 * width, width, &specs);
  AppendLinear("mixer.w1.fc2", width, shape.embed, &specs);
  AppendLinear("mixer.b1", width, shape.embed, &specs);
  AppendLinear("mixer.w2.fc1", width, width, &specs);
  AppendLinear("mixer.w2.fc2", width, shape.embed, &specs);
  AppendLinear("mixer.v.fc1", width, shape.embed, &specs);
  AppendLinear("mixer.v.fc2", shape.embed, 1, &specs);
  return specs;
}

SharedMixer::SharedMixer(const MixerShape& shape, at::TensorList parameters, MatrixPrecision precision)
    : shape_(shape), parameters_(parameters.begin(), parameters.end()), precision_(precision) {
  assert(parameters_.size() == kParameters);
}

at::Tensor SharedMixer::Forward(const at::Tensor& heads, const at::Tensor& states) const {
  const int64_t rows = heads.size(0), count = shape_.heads, width = shape_.hypernet_hidden;
  const auto layer = [this](Parameter index, const at::Tensor& x) {
    return Linear(x, parameters_[index], parameters_[index + 1], precision_);
  };
  const auto relu_layer = [this](Parameter index, const at::Tensor& x) {
    return LinearRelu(x, parameters_[index], parameters_[index + 1], precision_);
  };
  const at::Tensor encoded = relu_layer(kEncoder, states.reshape({rows * count, shape_.state / count}));
  const at::Tensor pooled = encoded.view({rows, count, width}).mean(1);
  // The layer reads [encoded, pooled]; the half that reads the mean is the same for all heads and computed once.
  const at::Tensor& weight = parameters_[kW1a];
  const at::Tensor of_own = Linear(encoded, weight.narrow(1, 0, width), parameters_[kW1a + 1], precision_);
  const at::Tensor of_pooled = at::mm(pooled, weight.narrow(1, width, width).t());
  const at::Tensor both = (of_own.view({rows, count, width}) + of_pooled.unsqueeze(1)).relu_().view({-1, width});
  const at::Tensor w1 = layer(kW1b, both).abs().view({rows, count, shape_.embed});
  const at::Tensor mixed = at::bmm(heads.unsqueeze(1), w1).squeeze(1) / static_cast<double>(count);
  const at::Tensor hidden = at::elu(mixed + layer(kB1, pooled));
  const at::Tensor w2 = layer(kW2b, relu_layer(kW2a, pooled)).abs();
  return (hidden * w2).sum(1) + layer(kVb, relu_layer(kVa, pooled)).squeeze(1);
}

}  // namespace evenkeel
