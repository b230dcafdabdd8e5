#include "algorithms/nets/monotonic_mixer.h"

#include <cassert>

#include <ATen/ATen.h>

#include "algorithms/nets/linear.h"

namespace evenkeel {
namespace {

enum Parameter { kW1a, kW1b = 2, kB1 = 4, kW2a = 6, kW2b = 8, kVa = 10, kVb = 12, kParameters = 14 };

}  // namespace

std::vector<ParameterSpec> MixerParameters(const MixerShape& shape) {
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

MonotonicMixer::MonotonicMixer(const MixerShape& shape, absl::Span<const at::Tensor> parameters)
    : shape_(shape), parameters_(parameters.begin(), parameters.end()) {
  assert(parameters_.size() == kParameters);
}

at::Tensor MonotonicMixer::Forward(const at::Tensor& heads, const at::Tensor& states) const {
  const int64_t rows = heads.size(0);
  const auto layer = [this](Parameter index, const at::Tensor& x) {
    return Linear(x, parameters_[index], parameters_[index + 1]);
  };
  const at::Tensor w1 = layer(kW1b, layer(kW1a, states).relu_()).abs().view({rows, shape_.heads, shape_.embed});
  const at::Tensor w2 = layer(kW2b, layer(kW2a, states).relu_()).abs();
  const at::Tensor mixed = at::bmm(heads.unsqueeze(1), w1).squeeze(1);
  const at::Tensor hidden = at::elu(mixed + layer(kB1, states));
  const at::Tensor value = layer(kVb, layer(kVa, states).relu_()).squeeze(1);
  return (hidden * w2).sum(1) + value;
}

}  // namespace evenkeel
