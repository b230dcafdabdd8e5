#include "algorithms/qmix/qmix_networks.h"

#include <utility>

#include "algorithms/nets/parameter_views.h"

namespace evenkeel {
namespace {

AgentNetworkShape AgentShape(const QmixSettings& settings) {
  return {settings.shape.input(), settings.hidden, settings.shape.servers, settings.shape.levels};
}

MixerShape MixerShapeOf(const QmixSettings& settings) {
  return {settings.shape.agents * settings.shape.servers, settings.shape.state(), settings.mixer_embed,
          settings.hypernet_hidden};
}

}  // namespace

ParameterLayout AgentLayout(const QmixSettings& settings) {
  return ParameterLayout(AgentNetworkParameters(AgentShape(settings)));
}

ParameterLayout JointLayout(const QmixSettings& settings) {
  std::vector<ParameterSpec> specs = AgentNetworkParameters(AgentShape(settings));
  for (ParameterSpec& spec : MixerParameters(MixerShapeOf(settings))) specs.push_back(std::move(spec));
  return ParameterLayout(std::move(specs));
}

AgentNetwork MakeAgentNetwork(const QmixSettings& settings, absl::Span<const at::Tensor> agent_parameters) {
  return AgentNetwork(AgentShape(settings), agent_parameters);
}

QmixNetworks::QmixNetworks(const QmixSettings& settings, const at::Tensor& flat, bool with_gradients)
    : parameters(ParameterViews(JointLayout(settings), flat, with_gradients)),
      agent(MakeAgentNetwork(settings,
                             absl::MakeConstSpan(parameters).first(AgentLayout(settings).specs().size()))),
      mixer(MixerShapeOf(settings),
            absl::MakeConstSpan(parameters).subspan(AgentLayout(settings).specs().size())) {}

}  // namespace evenkeel
