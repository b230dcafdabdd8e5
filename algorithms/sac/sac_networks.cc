#include "algorithms/sac/sac_networks.h"

#include <string>
#include <utility>

#include <ATen/ATen.h>

#include "algorithms/batch_columns.h"
#include "algorithms/learned_policy.h"
#include "algorithms/nets/agent_network_layout.h"
#include "algorithms/nets/linear.h"
#include "algorithms/nets/linear_layout.h"
#include "algorithms/nets/parameter_views.h"

namespace evenkeel {
namespace {

bool Pools(const SacSettings& settings) {
  return settings.critics == Critics::kCentral && settings.agent.shape.shared();
}

AgentNetworkShape CriticShape(const SacSettings& settings) {
  const BatchShape& shape = settings.agent.shape;
  AgentNetworkShape critic = settings.agent.network;
  if (settings.critics == Critics::kCentral) {
    critic.input += shape.shared() ? shape.servers * critic.hidden : shape.state();
  }
  return critic;
}

std::vector<ParameterSpec> CriticParameters(const std::string& name, const SacSettings& settings) {
  std::vector<ParameterSpec> specs = AgentNetworkParameters(name, CriticShape(settings));
  if (Pools(settings)) AppendLinear(name + ".pool", kServerInputs, settings.agent.network.hidden, &specs);
  return specs;
}

at::Tensor WithJointObservation(const Batch& batch, const at::Tensor& inputs) {
  const BatchShape& shape = batch.shape;
  const int64_t rows = inputs.size(0);
  const at::Tensor states =
      Column(batch.states, {batch.steps + 1, batch.episodes, 1, shape.state()}, inputs.device())
          .narrow(0, 0, rows)
          .expand({rows, batch.episodes, shape.agents, shape.state()});
  return at::cat({inputs.view({rows, batch.episodes, shape.agents, shape.input()}), states}, 3)
      .view({rows, batch.episodes * shape.agents, shape.input() + shape.state()});
}

at::Tensor WithPooledServers(const Batch& batch, const at::Tensor& inputs, const std::vector<at::Tensor>& pool,
                             MatrixPrecision precision) {
  const BatchShape& shape = batch.shape;
  const int64_t rows = inputs.size(0), hidden = pool[1].size(0), heads = shape.agents * shape.servers;
  const at::Tensor encoded = LinearRelu(inputs.reshape({-1, kServerInputs}), pool[0], pool[1], precision);
  const at::Tensor mean = encoded.view({rows, batch.episodes, heads, hidden})
                              .mean(2, /*keepdim=*/true)
                              .expand({rows, batch.episodes, heads, hidden});
  return at::cat({inputs.view({rows, batch.episodes, heads, kServerInputs}), mean}, 3)
      .view({rows, batch.episodes * shape.agents, shape.servers * (kServerInputs + hidden)});
}

}  // namespace

ParameterLayout CriticLayout(const SacSettings& settings) {
  std::vector<ParameterSpec> specs = CriticParameters("critic1", settings);
  for (ParameterSpec& spec : CriticParameters("critic2", settings)) specs.push_back(std::move(spec));
  return ParameterLayout(std::move(specs));
}

ParameterLayout SacLayout(const SacSettings& settings) {
  std::vector<ParameterSpec> specs = AgentLayout(settings.agent).specs();
  const ParameterLayout critics = CriticLayout(settings);
  specs.insert(specs.end(), critics.specs().begin(), critics.specs().end());
  return ParameterLayout(std::move(specs));
}

TwinCritics::TwinCritics(const SacSettings& settings, const at::Tensor& flat, bool with_gradients)
    : kind_(settings.critics),
      precision_(settings.precision),
      parameters_(ParameterViews(CriticLayout(settings), flat, with_gradients)) {
  const size_t each = parameters_.size() / 2, of_pool = Pools(settings) ? 2 : 0;
  for (size_t i = 0; i < 2; ++i) {
    const auto own = at::TensorList(parameters_).slice(i * each, each);
    critics_[i].network = MakeAgentNetwork(CriticShape(settings), own.slice(0, each - of_pool), settings.precision);
    critics_[i].pool.assign(own.end() - of_pool, own.end());
  }
}

at::Tensor TwinCritics::InputsOf(const Critic& critic, const Batch& batch, int64_t rows) const {
  const BatchShape& shape = batch.shape;
  const at::Tensor inputs =
      Column(batch.inputs, {batch.steps + 1, batch.episodes * shape.agents, shape.input()}, parameters_[0].device())
          .narrow(0, 0, rows);
  if (kind_ == Critics::kIndependent) return inputs;
  return shape.shared() ? WithPooledServers(batch, inputs, critic.pool, precision_)
                        : WithJointObservation(batch, inputs);
}

std::array<at::Tensor, 2> TwinCritics::Forward(const Batch& batch, int64_t rows) const {
  const int64_t sequences = batch.episodes * batch.shape.agents;
  std::array<at::Tensor, 2> values;
  for (size_t i = 0; i < 2; ++i) {
    const AgentNetwork& network = *critics_[i].network;
    values[i] = network.Forward(InputsOf(critics_[i], batch, rows), network.InitialState(sequences));
  }
  return values;
}

SacNetworks::SacNetworks(const SacSettings& settings, const at::Tensor& actor_flat, const at::Tensor& critic_flat,
                         const at::Tensor& target_flat)
    : actor_parameters(ParameterViews(AgentLayout(settings.agent), actor_flat, /*with_gradients=*/true)),
      actor(MakeAgentNetwork(settings.agent.network, actor_parameters, settings.precision)),
      critics(settings, critic_flat, /*with_gradients=*/true),
      targets(settings, target_flat, /*with_gradients=*/false) {}

}  // namespace evenkeel
