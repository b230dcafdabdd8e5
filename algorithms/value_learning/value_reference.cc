#include "algorithms/value_learning/value_reference.h"

#include <algorithm>
#include <cmath>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include "algorithms/batch.h"
#include "algorithms/nets/parameter_views.h"
#include "algorithms/value_learning/value_networks.h"
#include "common/rng.h"

namespace evenkeel {
namespace {

using Parameters = absl::Span<const at::Tensor>;

// Tensors of PaperNetwork, then those of MonotonicMixer (two each).
enum Layer { kFc1 = 0, kFc2 = 2, kGruInput = 4, kGruRecurrent = 6, kFc3 = 8, kFc4 = 10, kMixer = 12 };

at::Tensor Apply(Parameters parameters, int layer, const at::Tensor& x) {
  return at::linear(x, parameters[layer], parameters[layer + 1]);
}

at::Tensor Column(const std::vector<float>& column, at::IntArrayRef shape) {
  return at::from_blob(const_cast<float*>(column.data()), shape, at::kFloat);
}

// [T+1, N, n, L]
at::Tensor AgentValues(Parameters parameters, const at::Tensor& inputs, const BatchShape& shape, int64_t hidden) {
  const at::Tensor x = at::relu(Apply(parameters, kFc2, at::relu(Apply(parameters, kFc1, inputs))));
  at::Tensor state = at::zeros({inputs.size(1), hidden});
  std::vector<at::Tensor> states;
  for (int64_t step = 0; step < inputs.size(0); ++step) {
    state = at::gru_cell(x[step], state, parameters[kGruInput], parameters[kGruRecurrent], parameters[kGruInput + 1],
                         parameters[kGruRecurrent + 1]);
    states.push_back(state);
  }
  const at::Tensor values = Apply(parameters, kFc4, at::relu(Apply(parameters, kFc3, at::stack(states))));
  return values.view({inputs.size(0), inputs.size(1), shape.servers, shape.levels});
}

// [T, B] of heads [T, B, K] and states [T, B, state]
at::Tensor Mix(Parameters parameters, const at::Tensor& heads, const at::Tensor& states, int64_t embed) {
  const int64_t rows = heads.size(0) * heads.size(1), count = heads.size(2);
  const at::Tensor w1 = Apply(parameters, kMixer + 2, at::relu(Apply(parameters, kMixer, states))).abs();
  const at::Tensor b1 = Apply(parameters, kMixer + 4, states);
  const at::Tensor w2 = Apply(parameters, kMixer + 8, at::relu(Apply(parameters, kMixer + 6, states))).abs();
  const at::Tensor value = Apply(parameters, kMixer + 12, at::relu(Apply(parameters, kMixer + 10, states)));
  const at::Tensor mixed = at::bmm(heads.reshape({rows, 1, count}), w1.view({rows, count, embed})).view_as(b1);
  return (at::elu(mixed + b1) * w2).sum(2) + value.squeeze(2);
}

}  // namespace

ReferenceLearner::ReferenceLearner(const ValueSettings& settings)
    : settings_(settings), adam_(JointLayout(settings).size(), settings.learning_rate) {
  const ParameterLayout layout = JointLayout(settings);
  const std::vector<float> initial = layout.Initial(Rng(settings.agent.experiment.seed(), {kInitStream}));
  flat_ = at::empty({layout.size()});
  std::copy(initial.begin(), initial.end(), Values(flat_).begin());
  online_ = ParameterViews(layout, flat_, /*with_gradients=*/true);
  target_ = ParameterViews(layout, flat_.clone(), /*with_gradients=*/false);
}

double ReferenceLearner::Update(absl::Span<const v1::Episode* const> episodes) {
  const Batch batch = MakeBatch(episodes, settings_.agent);
  const BatchShape& shape = batch.shape;
  const int64_t steps = batch.steps, count = batch.episodes, agents = shape.agents, hidden = settings_.agent.network.hidden;
  const at::Tensor inputs = Column(batch.inputs, {steps + 1, count * agents, shape.input()});
  const at::Tensor states = Column(batch.states, {steps + 1, count, shape.state()});
  const at::Tensor present = Column(batch.present, {steps + 1, count, agents, 1});
  const at::Tensor valid = Column(batch.valid, {steps, count}), rewards = Column(batch.rewards, {steps, count});
  const at::Tensor going_on = 1 - Column(batch.terminated, {steps, count});
  const at::Tensor levels = at::from_blob(const_cast<int64_t*>(batch.levels.data()),
                                          {steps, count * agents, shape.servers, 1}, at::kLong);
  const auto joint = [&](Parameters parameters, const at::Tensor& values, const at::Tensor& picks, int64_t first_row) {
    const at::Tensor picked = values.narrow(0, first_row, steps).gather(3, picks);
    const at::Tensor heads = picked.view({steps, count, agents, shape.servers}) * present.narrow(0, first_row, steps);
    return Mix(parameters, heads.view({steps, count, -1}), states.narrow(0, first_row, steps), settings_.mixer_embed);
  };

  const at::Tensor values = AgentValues(online_, inputs, shape, hidden);
  at::Tensor targets;
  {
    const at::NoGradGuard no_gradients;
    const at::Tensor target_values = AgentValues(target_, inputs, shape, hidden);
    const at::Tensor& judge = settings_.double_q ? values : target_values;
    const at::Tensor best = judge.narrow(0, 1, steps).argmax(3, /*keepdim=*/true);
    targets = rewards + settings_.discount * going_on * joint(target_, target_values, best, 1);
  }
  const at::Tensor loss = ((joint(online_, values, levels, 0) - targets).square() * valid).sum() / valid.sum();
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& gradient : torch::autograd::grad({loss}, online_)) gradients.push_back(gradient.reshape({-1}));
  const at::Tensor gradient = at::cat(gradients);
  const double norm = gradient.norm().item<double>();
  const double clip = norm > settings_.max_gradient_norm ? settings_.max_gradient_norm / norm : 1.0;
  adam_.Step(++updates_, static_cast<float>(clip), Values(gradient), Values(flat_));
  return loss.item<double>();
}

}  // namespace evenkeel
