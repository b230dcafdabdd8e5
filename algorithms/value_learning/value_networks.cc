#include "algorithms/value_learning/value_networks.h"

#include <utility>

#include "algorithms/nets/monotonic_mixer.h"
#include "algorithms/nets/parameter_views.h"

namespace evenkeel {
namespace {

MixerShape MixerShapeOf(const ValueSettings& settings) {
  return {settings.shape.agents * settings.shape.servers, settings.shape.state(), settings.mixer_embed,
          settings.hypernet_hidden};
}

}  // namespace

AgentNetworkShape AgentShape(const ValueSettings& settings) {
  return {v1::Network::PAPER, true, settings.shape.input(), settings.hidden, settings.shape.servers, settings.shape.levels};
}

ParameterLayout AgentLayout(const ValueSettings& settings) {
  return ParameterLayout(AgentNetworkParameters("agent", AgentShape(settings)));
}

ParameterLayout JointLayout(const ValueSettings& settings) {
  std::vector<ParameterSpec> specs = AgentNetworkParameters("agent", AgentShape(settings));
  for (ParameterSpec& spec : MonotonicMixerParameters(MixerShapeOf(settings))) specs.push_back(std::move(spec));
  return ParameterLayout(std::move(specs));
}

ValueNetworks::ValueNetworks(const ValueSettings& settings, const at::Tensor& flat, bool with_gradients)
    : parameters(ParameterViews(JointLayout(settings), flat, with_gradients)),
      agent(MakeAgentNetwork(AgentShape(settings),
                             absl::MakeConstSpan(parameters).first(AgentLayout(settings).specs().size()))),
      mixer(std::make_unique<MonotonicMixer>(
          absl::MakeConstSpan(parameters).subspan(AgentLayout(settings).specs().size()))) {}

}  // namespace evenkeel
