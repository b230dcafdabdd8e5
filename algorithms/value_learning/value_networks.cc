#include "algorithms/value_learning/value_networks.h"

#include <utility>

#include "algorithms/learned_policy.h"
#include "algorithms/nets/monotonic_mixer.h"
#include "algorithms/nets/parameter_views.h"
#include "algorithms/nets/shared_mixer.h"

namespace evenkeel {
namespace {

std::vector<ParameterSpec> MixerParameters(const ValueSettings& settings) {
  if (settings.mixing != Mixing::kMonotonic) return {};
  return settings.agent.shape.shared() ? SharedMixerParameters(MixerShapeOf(settings))
                                       : MonotonicMixerParameters(MixerShapeOf(settings));
}

std::unique_ptr<Mixer> MakeMixer(const ValueSettings& settings, at::TensorList parameters) {
  if (settings.mixing != Mixing::kMonotonic) return nullptr;
  if (settings.agent.shape.shared()) return std::make_unique<SharedMixer>(MixerShapeOf(settings), parameters, settings.precision);
  return std::make_unique<MonotonicMixer>(parameters, settings.precision);
}

}  // namespace

MixerShape MixerShapeOf(const ValueSettings& settings) {
  const BatchShape& shape = settings.agent.shape;
  return {shape.agents * shape.servers, shape.state(), settings.mixer_embed, settings.hypernet_hidden};
}

ParameterLayout JointLayout(const ValueSettings& settings) {
  std::vector<ParameterSpec> specs = AgentLayout(settings.agent).specs();
  for (ParameterSpec& spec : MixerParameters(settings)) specs.push_back(std::move(spec));
  return ParameterLayout(std::move(specs));
}

ValueNetworks::ValueNetworks(const ValueSettings& settings, const at::Tensor& flat, bool with_gradients)
    : parameters(ParameterViews(JointLayout(settings), flat, with_gradients)) {
  const at::TensorList all = parameters;
  const size_t of_agent = AgentLayout(settings.agent).specs().size();
  agent = MakeAgentNetwork(settings.agent.network, all.slice(0, of_agent), settings.precision);
  mixer = MakeMixer(settings, all.slice(of_agent));
}

}  // namespace evenkeel
