#include "algorithms/value_learning/value_loss.h"

#include <cmath>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "algorithms/nets/parameter_views.h"
#include "algorithms/td_targets.h"

namespace evenkeel {
namespace {

// A tensor that reads a column of the batch, which must outlive it. LibTorch takes no const pointer; nothing here writes.
at::Tensor Column(const std::vector<float>& column, at::IntArrayRef shape) {
  return at::from_blob(const_cast<float*>(column.data()), shape, at::kFloat);
}

at::Tensor Column(const std::vector<int64_t>& column, at::IntArrayRef shape) {
  return at::from_blob(const_cast<int64_t*>(column.data()), shape, at::kLong);
}

at::Tensor AgentValues(const Batch& batch, const AgentNetwork& network) {
  const int64_t sequences = batch.episodes * batch.shape.agents;
  const at::Tensor inputs = Column(batch.inputs, {batch.steps + 1, sequences, batch.shape.input()});
  return network.Forward(inputs, network.InitialState(sequences));
}

// Joint values [T B] at rows first_row .. first_row+T-1, where the heads take the levels `picks` [T, B m, n].
at::Tensor JointValues(const Batch& batch, const Mixer& mixer, const at::Tensor& values, int64_t first_row,
                       const at::Tensor& picks) {
  const BatchShape& shape = batch.shape;
  const int64_t rows = batch.steps * batch.episodes;
  const at::Tensor picked = values.narrow(0, first_row, batch.steps).gather(3, picks.unsqueeze(3));
  const at::Tensor present =
      Column(batch.present, {batch.steps + 1, batch.episodes, shape.agents, 1}).narrow(0, first_row, batch.steps);
  const at::Tensor heads = picked.view({batch.steps, batch.episodes, shape.agents, shape.servers}) * present;
  const at::Tensor states =
      Column(batch.states, {batch.steps + 1, batch.episodes, shape.state()}).narrow(0, first_row, batch.steps);
  return mixer.Forward(heads.view({rows, shape.agents * shape.servers}), states.reshape({rows, shape.state()}));
}

std::vector<float> ComputeTargets(const Batch& batch, const at::Tensor& online_values, const ValueNetworks& target,
                                  const ValueSettings& settings) {
  const at::NoGradGuard no_gradients;
  const at::Tensor target_values = AgentValues(batch, *target.agent);
  const at::Tensor& judge = settings.double_q ? online_values : target_values;
  const at::Tensor best = judge.narrow(0, 1, batch.steps).argmax(3);
  const at::Tensor next = JointValues(batch, *target.mixer, target_values, /*first_row=*/1, best).contiguous();
  return TdTargets(batch, Values(next), settings.discount, settings.td_lambda);
}

at::Tensor Flatten(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> flat;
  for (const at::Tensor& tensor : tensors) flat.push_back(tensor.reshape({-1}));
  return at::cat(flat);
}

}  // namespace

JointValues ComputeValues(const Batch& batch, const ValueNetworks& online, const ValueNetworks& target,
                         const ValueSettings& settings) {
  const at::Tensor values = AgentValues(batch, *online.agent);
  JointValues result;
  result.targets = ComputeTargets(batch, values.detach(), target, settings);
  const at::Tensor levels =
      Column(batch.levels, {batch.steps, batch.episodes * batch.shape.agents, batch.shape.servers});
  result.chosen = JointValues(batch, *online.mixer, values, /*first_row=*/0, levels);
  return result;
}

ValueGradient ComputeGradient(const Batch& batch, const ValueNetworks& online, const ValueNetworks& target,
                             const ValueSettings& settings, double valid_steps) {
  const JointValues values = ComputeValues(batch, online, target, settings);
  const at::Tensor chosen = values.chosen.detach().contiguous();
  const absl::Span<const float> chosen_values = Values(chosen);
  ValueGradient result;
  // d(loss)/d(chosen) by hand: the mean squared error needs no graph of its own.
  at::Tensor seed = at::zeros_like(chosen);
  for (size_t at = 0; at < values.targets.size(); ++at) {
    if (batch.valid[at] == 0) continue;
    const double error = static_cast<double>(chosen_values[at]) - values.targets[at];
    result.squared_error += error * error;
    result.absolute_error += std::abs(error);
    result.chosen += chosen_values[at];
    result.target += values.targets[at];
    Values(seed)[at] = static_cast<float>(2 * error / valid_steps);
  }
  result.flat = Flatten(torch::autograd::grad({values.chosen}, online.parameters, {seed}));
  return result;
}

}  // namespace evenkeel
