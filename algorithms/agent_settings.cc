#include "algorithms/agent_settings.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "algorithms/base_controls.h"
#include "algorithms/es/es_network.h"
#include "algorithms/settings_range.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

constexpr int kMostLevels = 256;  // a level is stored in a byte (Episode.levels)

absl::Status CheckAgent(const v1::Agent& agent) {
  EK_RETURN_IF_ERROR(CheckRange("agent.step_interval_seconds", agent.has_step_interval_seconds(),
                                agent.step_interval_seconds(), kTiny, kNoLimit));
  EK_RETURN_IF_ERROR(CheckRange("number of agent.action_levels", true, agent.action_levels_size(), 1, kMostLevels));
  for (double level : agent.action_levels()) EK_RETURN_IF_ERROR(CheckRange("agent.action_levels", true, level, kTiny, 1e6));
  for (double level : agent.bias_levels()) EK_RETURN_IF_ERROR(CheckRange("agent.bias_levels", true, level, -1e6, 1e6));
  EK_RETURN_IF_ERROR(CheckRange("agent.own_average_gain", true, agent.own_average_gain(), 0, kNoLimit));
  EK_RETURN_IF_ERROR(CheckRange("agent.exchange_gain", true, agent.exchange_gain(), 0, kNoLimit));
  return CheckRange("agent.exchange_smoothing", true, agent.exchange_smoothing(), 0, 1);
}

absl::Status CheckBasePolicy(const v1::Agent& agent) {
  if (agent.base_weight() != v1::Agent::POLICY) return absl::OkStatus();
  if (!EsNetwork::HiddenOf(agent.base_parameters_size()).has_value()) {
    return absl::InvalidArgumentError(absl::StrCat("agent.base_parameters has ", agent.base_parameters_size(),
                                                   " numbers, a policy of es has ", EsNetwork::Parameters(0),
                                                   " without hidden units; set agent.base_policy to its file"));
  }
  for (float value : agent.base_parameters()) {
    if (!std::isfinite(value)) return absl::InvalidArgumentError("agent.base_parameters holds a number that is not finite");
  }
  return absl::OkStatus();
}

absl::Status CheckPlace(const PolicyContext& context) {
  EK_RETURN_IF_ERROR(CheckRange("number of servers", true, context.servers, 1, 65536));
  EK_RETURN_IF_ERROR(CheckRange("topology.lbs", true, context.agents, 1, 65536));
  EK_RETURN_IF_ERROR(CheckRange("index of the agent", true, context.agent, 0, context.agents - 1));
  EK_RETURN_IF_ERROR(CheckRange("number of nominal weights", true, static_cast<double>(context.nominal_weights.size()),
                                context.servers, context.servers));
  for (float weight : context.nominal_weights) {
    EK_RETURN_IF_ERROR(CheckRange("topology.servers.nominal_weight", true, weight, kTiny, kNoLimit));
  }
  return absl::OkStatus();
}

absl::Status CheckNetwork(const v1::Network& network, int64_t hidden) {
  EK_RETURN_IF_ERROR(CheckRange("algorithm.network.kind", network.has_kind(), network.kind(), v1::Network::PAPER,
                                v1::Network::SHARED));
  EK_RETURN_IF_ERROR(CheckRange("algorithm.network.recurrent", network.has_recurrent(), network.recurrent(), 0, 1));
  EK_RETURN_IF_ERROR(CheckRange("algorithm.network.identity", network.has_identity(), network.identity(), 0, 1));
  return CheckRange("width of the network", true, static_cast<double>(hidden), 1, 65536);
}

}  // namespace

PolicyContext AgentSettings::context(int agent) const {
  PolicyContext context;
  context.experiment = &experiment;
  context.agent = agent;
  context.agents = static_cast<int>(shape.agents);
  context.servers = static_cast<int>(shape.servers);
  context.nominal_weights = nominal_weights;
  return context;
}

v1::PolicyShape AgentSettings::policy_shape() const {
  v1::PolicyShape result;
  result.set_servers(shape.shared() ? 0 : shape.servers);
  result.set_features(shape.shared() ? uint32_t{kServerInputs} : uint32_t{kFeatures});
  result.set_levels(shape.levels);
  result.set_hidden(network.hidden);
  result.set_network(shape.network);
  return result;
}

absl::StatusOr<AgentSettings> ResolveAgentSettings(const PolicyContext& context, int64_t hidden) {
  const v1::Experiment& experiment = *context.experiment;
  const v1::Agent& agent = experiment.agent();
  const v1::Network& network = experiment.algorithm().network();
  EK_RETURN_IF_ERROR(CheckRange("seed", experiment.has_seed(), static_cast<double>(experiment.seed()), 0, kNoLimit));
  EK_RETURN_IF_ERROR(CheckPlace(context));
  EK_RETURN_IF_ERROR(CheckAgent(agent));
  EK_RETURN_IF_ERROR(CheckBasePolicy(agent));
  EK_RETURN_IF_ERROR(CheckNetwork(network, hidden));

  AgentSettings settings;
  settings.action_levels.assign(agent.action_levels().begin(), agent.action_levels().end());
  settings.bias_levels.assign(agent.bias_levels().begin(), agent.bias_levels().end());
  if (settings.bias_levels.empty()) settings.bias_levels = {0};
  const int64_t levels = static_cast<int64_t>(settings.action_levels.size() * settings.bias_levels.size());
  EK_RETURN_IF_ERROR(CheckRange("number of agent.action_levels x number of agent.bias_levels", true,
                                static_cast<double>(levels), 1, kMostLevels));
  if (agent.own_average_gain() > 0) {
    const v1::Arc& arc = experiment.algorithm().arc();
    EK_RETURN_IF_ERROR(CheckRange("algorithm.arc.horizon_seconds", arc.has_horizon_seconds(), arc.horizon_seconds(), kTiny,
                                  kNoLimit));
  }
  settings.shape = {context.agents, context.servers, levels, network.kind()};
  settings.network = {settings.shape.shared(), network.recurrent(), settings.shape.input(), hidden, context.servers, levels};
  settings.nominal_weights = context.nominal_weights;
  settings.experiment.set_seed(experiment.seed());
  *settings.experiment.mutable_agent() = agent;
  *settings.experiment.mutable_algorithm() = experiment.algorithm();
  const std::vector<float> all_available(context.servers, 1.0f);
  EK_RETURN_IF_ERROR(MakeBaseControls(settings.context(context.agent), all_available).status());
  return settings;
}

}  // namespace evenkeel
