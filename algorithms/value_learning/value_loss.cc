#include "algorithms/value_learning/value_loss.h"

#include <cmath>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include "algorithms/batch_columns.h"
#include "algorithms/nets/parameter_views.h"
#include "algorithms/td_targets.h"

namespace evenkeel {
namespace {

at::Tensor AgentValues(const Batch& batch, const AgentNetwork& network) {
  const int64_t sequences = batch.episodes * batch.shape.agents;
  const at::Tensor initial = network.InitialState(sequences);
  const at::Tensor inputs = Column(batch.inputs, {batch.steps + 1, sequences, batch.shape.input()}, initial.device());
  return network.Forward(inputs, initial);
}

// Values [T B, W] at rows first_row .. first_row+T-1, where the heads take the levels `picks` [T, B m, n].
at::Tensor ValuesOfPicks(const Batch& batch, Mixing mixing, const Mixer* mixer, const at::Tensor& values,
                         int64_t first_row, const at::Tensor& picks) {
  const BatchShape& shape = batch.shape;
  const int64_t rows = batch.steps * batch.episodes, count = shape.agents * shape.servers;
  const at::Tensor picked = values.narrow(0, first_row, batch.steps).gather(3, picks.unsqueeze(3));
  if (mixing == Mixing::kNone) return picked.view({rows, count});
  const at::Tensor present =
      Column(batch.present, {batch.steps + 1, batch.episodes, shape.agents, 1}, values.device())
          .narrow(0, first_row, batch.steps);
  const at::Tensor heads =
      (picked.view({batch.steps, batch.episodes, shape.agents, shape.servers}) * present).view({rows, count});
  if (mixing == Mixing::kSum) return heads.sum(1, /*keepdim=*/true);
  const at::Tensor states =
      Column(batch.mixer_states(), {batch.steps + 1, batch.episodes, shape.state()}, values.device())
          .narrow(0, first_row, batch.steps);
  return mixer->Forward(heads, states.reshape({rows, shape.state()})).unsqueeze(1);
}

std::vector<float> ComputeTargets(const Batch& batch, const at::Tensor& online_values, const ValueNetworks& target,
                                  const ValueSettings& settings, const std::vector<float>* known) {
  const at::NoGradGuard no_gradients;
  const at::Tensor target_values = known == nullptr ? AgentValues(batch, *target.agent)
                                                    : Column(*known, online_values.sizes(), online_values.device());
  const at::Tensor& judge = settings.double_q ? online_values : target_values;
  const at::Tensor best = judge.narrow(0, 1, batch.steps).argmax(3);
  const at::Tensor next =
      ValuesOfPicks(batch, settings.mixing, target.mixer.get(), target_values, /*first_row=*/1, best).contiguous().cpu();
  return TdTargets(batch, Values(next), settings.discount, settings.td_lambda);
}

std::vector<float> ComputeWeights(const Batch& batch, Mixing mixing) {
  if (mixing != Mixing::kNone) return batch.valid;
  const int64_t servers = batch.shape.servers, agents = batch.shape.agents;
  std::vector<float> weights;
  weights.reserve(batch.valid.size() * agents * servers);
  for (size_t row = 0; row < batch.valid.size(); ++row) {
    for (int64_t agent = 0; agent < agents; ++agent) {
      const float weight = batch.valid[row] * batch.present[row * agents + agent] / static_cast<float>(agents * servers);
      weights.insert(weights.end(), servers, weight);
    }
  }
  return weights;
}

at::Tensor Flatten(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> flat;
  for (const at::Tensor& tensor : tensors) flat.push_back(tensor.reshape({-1}));
  return at::cat(flat);
}

}  // namespace

StepValues ComputeValues(const Batch& batch, const ValueNetworks& online, const ValueNetworks& target,
                         const ValueSettings& settings, const std::vector<float>* target_values) {
  const at::Tensor values = AgentValues(batch, *online.agent);
  StepValues result;
  result.targets = ComputeTargets(batch, values.detach(), target, settings, target_values);
  const at::Tensor levels =
      Column(batch.levels, {batch.steps, batch.episodes * batch.shape.agents, batch.shape.servers}, values.device());
  result.chosen = ValuesOfPicks(batch, settings.mixing, online.mixer.get(), values, /*first_row=*/0, levels);
  result.weights = ComputeWeights(batch, settings.mixing);
  return result;
}

void ValueGradient::Add(const ValueGradient& other) {
  flat.add_(other.flat);
  squared_error += other.squared_error;
  absolute_error += other.absolute_error;
  absolute_errors.insert(absolute_errors.end(), other.absolute_errors.begin(), other.absolute_errors.end());
  chosen += other.chosen;
  target += other.target;
}

ValueGradient ComputeGradient(const Batch& batch, const ValueNetworks& online, const ValueNetworks& target,
                              const ValueSettings& settings, double valid_steps,
                              const std::vector<float>* target_values) {
  const StepValues values = ComputeValues(batch, online, target, settings, target_values);
  const at::Tensor chosen = values.chosen.detach().contiguous().cpu();
  const absl::Span<const float> chosen_values = Values(chosen);
  ValueGradient result;
  result.absolute_errors.resize(batch.episodes);
  const size_t values_per_step = values.targets.size() / (batch.steps * batch.episodes);
  // d(loss)/d(chosen) by hand: the mean squared error needs no graph of its own.
  at::Tensor seed = at::zeros_like(chosen);
  const absl::Span<float> seeds = Values(seed);
  for (size_t at = 0; at < values.targets.size(); ++at) {
    const double weight = values.weights[at];
    if (weight == 0) continue;
    const double error = static_cast<double>(chosen_values[at]) - values.targets[at];
    const size_t episode = at / values_per_step % batch.episodes;
    const double weight_in_loss = batch.importance[episode] * weight;
    result.squared_error += weight_in_loss * error * error;
    result.absolute_error += weight * std::abs(error);
    result.absolute_errors[episode] += weight * std::abs(error);
    result.chosen += weight * chosen_values[at];
    result.target += weight * values.targets[at];
    seeds[at] = static_cast<float>(2 * weight_in_loss * error / valid_steps);
  }
  result.flat = Flatten(torch::autograd::grad({values.chosen}, online.parameters, {seed.to(values.chosen.device())})).cpu();
  return result;
}

}  // namespace evenkeel
