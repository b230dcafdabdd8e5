#include "algorithms/learned_policy.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "algorithms/nets/agent_network_layout.h"
#include "algorithms/parameters.h"
#include "common/observation_features.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

// Packs the observation's features into raw [n, kFeatures]. INVALID_ARGUMENT unless every field has n entries and the
// features are finite and not negative.
absl::Status ReadObservation(const v1::Observation& observation, int64_t servers, float* raw) {
  EK_RETURN_IF_ERROR(PackFeatures(observation, static_cast<int>(servers), raw));
  for (int64_t i = 0; i < servers * kFeatures; ++i) {
    if (!std::isfinite(raw[i]) || raw[i] < 0) {
      return absl::InvalidArgumentError(absl::StrCat("the observation holds ", raw[i], ", expected a number >= 0"));
    }
  }
  return absl::OkStatus();
}

// Before memory is set aside for a network as wide as the parameters say: do they hold that many?
absl::Status CheckSize(const v1::PolicyParameters& parameters, const ParameterLayout& layout) {
  size_t bytes = 0;
  for (const v1::NamedTensor& tensor : parameters.tensors()) bytes += tensor.data().size();
  const size_t expected = static_cast<size_t>(layout.size()) * sizeof(float);
  if (bytes == expected) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the parameters are ", bytes, " bytes, their network has ", expected));
}

}  // namespace

ParameterLayout AgentLayout(const AgentSettings& settings) {
  return ParameterLayout(AgentNetworkParameters(kAgentNetworkName, settings.network));
}

v1::PolicyParameters ExportPolicy(const AgentSettings& settings, const std::string& algorithm, uint64_t version,
                                  absl::Span<const float> flat) {
  v1::PolicyParameters parameters;
  parameters.set_algorithm(algorithm);
  parameters.set_version(version);
  *parameters.mutable_shape() = settings.policy_shape();
  *parameters.mutable_agent() = settings.experiment.agent();
  *parameters.mutable_settings() = settings.experiment.algorithm();
  AppendTensors(AgentLayout(settings), "", flat, &parameters);
  Seal(&parameters);
  return parameters;
}

LearnedPolicy::World::World(const AgentSettings& settings, int agent, Rng exploration)
    : inputs(settings, agent),
      controls(settings),
      random(exploration),
      levels(settings.shape.servers),
      weights(settings.shape.servers) {}

LearnedPolicy::LearnedPolicy(std::string algorithm, std::unique_ptr<const AgentSettings> settings, int agent)
    : algorithm_(std::move(algorithm)), agent_(agent) {
  Rebuild(std::move(settings));
  network_->SetParameters(AgentLayout(*settings_).Initial(Rng(settings_->experiment.seed(), {kInitStream})));
}

void LearnedPolicy::Rebuild(std::unique_ptr<const AgentSettings> settings) {
  worlds_.clear();  // they point to the settings
  settings_ = std::move(settings);
  network_ = std::make_unique<AgentInference>(settings_->network);
}

void LearnedPolicy::BeginRound(const RoundContext& round) {
  const uint64_t seed = settings_->experiment.seed(), agent = static_cast<uint64_t>(agent_);
  round_ = round;
  first_step_ = true;
  worlds_.clear();
  worlds_.reserve(round.worlds);
  for (int world = 0; world < round.worlds; ++world) {
    worlds_.emplace_back(*settings_, agent_, Rng(seed, {kExplorationStream, round.first_episode + world, agent}));
  }
  const BatchShape& shape = settings_->shape;
  state_.assign(round.worlds * settings_->network.state(), 0.0f);
  inputs_.assign(round.worlds * shape.input(), 0.0f);
  values_.resize(round.worlds * shape.servers * shape.levels);
  raw_.resize(round.worlds * shape.servers * kFeatures);
  workspace_ = std::make_unique<AgentInference::Workspace>(settings_->network, round.worlds);
}

absl::Status LearnedPolicy::Act(absl::Span<const v1::Observation* const> observations, absl::Span<v1::Action> actions) {
  const BatchShape& shape = settings_->shape;
  assert(observations.size() == worlds_.size() && actions.size() == observations.size());
  const int64_t raw_width = shape.servers * kFeatures;
  for (size_t w = 0; w < worlds_.size(); ++w) {
    EK_RETURN_IF_ERROR(ReadObservation(*observations[w], shape.servers, &raw_[w * raw_width]));
  }
  for (size_t w = 0; w < worlds_.size(); ++w) {
    World& world = worlds_[w];
    world.inputs.Step(&raw_[w * raw_width], first_step_ ? nullptr : world.levels.data(),
                      first_step_ ? nullptr : world.weights.data(), &inputs_[w * shape.input()]);
  }
  network_->Step(static_cast<int64_t>(worlds_.size()), inputs_.data(), state_.data(), values_.data(), workspace_.get());
  first_step_ = false;
  for (size_t w = 0; w < worlds_.size(); ++w) {
    World& world = worlds_[w];
    const Choice choice{*settings_, round_.first_episode + w, round_.explore,
                        &values_[w * shape.servers * shape.levels], &world.random};
    ChooseLevels(choice, absl::MakeSpan(world.levels));
    world.controls.Step(&raw_[w * raw_width], world.inputs.base(), world.levels, &actions[w]);
    for (int64_t j = 0; j < shape.servers; ++j) world.weights[j] = actions[w].controls().servers(j).weight();
  }
  return absl::OkStatus();
}

// The settings that `parameters` were made with, for the place of this policy; null if they are those that it has.
absl::StatusOr<std::unique_ptr<const AgentSettings>> LearnedPolicy::SettingsOf(
    const v1::PolicyParameters& parameters) const {
  if (!parameters.has_agent() || !parameters.has_settings()) return nullptr;
  v1::Experiment experiment = settings_->experiment;
  *experiment.mutable_agent() = parameters.agent();
  *experiment.mutable_algorithm() = parameters.settings();
  // How often it is asked is up to where it acts.
  experiment.mutable_agent()->set_step_interval_seconds(settings_->experiment.agent().step_interval_seconds());
  if (parameters.shape().hidden() == settings_->network.hidden &&
      experiment.SerializeAsString() == settings_->experiment.SerializeAsString()) {
    return nullptr;
  }
  PolicyContext context = settings_->context(agent_);
  context.experiment = &experiment;
  EK_ASSIGN_OR_RETURN(AgentSettings settings, ResolveAgentSettings(context, parameters.shape().hidden()));
  return std::make_unique<const AgentSettings>(std::move(settings));
}

absl::Status LearnedPolicy::Load(const v1::PolicyParameters& parameters) {
  EK_ASSIGN_OR_RETURN(std::unique_ptr<const AgentSettings> other, SettingsOf(parameters));
  const AgentSettings& settings = other == nullptr ? *settings_ : *other;
  const ParameterLayout layout = AgentLayout(settings);
  EK_RETURN_IF_ERROR(CheckShape(parameters, algorithm_, settings.policy_shape()));
  EK_RETURN_IF_ERROR(CheckSeal(parameters));
  EK_RETURN_IF_ERROR(CheckSize(parameters, layout));
  std::vector<float> flat(layout.size());
  EK_RETURN_IF_ERROR(ReadTensors(parameters, layout, "", absl::MakeSpan(flat)));
  if (other != nullptr) {
    const bool under_way = !worlds_.empty();
    Rebuild(std::move(other));
    if (under_way) BeginRound(round_);
  }
  network_->SetParameters(flat);
  version_ = parameters.version();
  return absl::OkStatus();
}

}  // namespace evenkeel
