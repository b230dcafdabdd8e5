#include <algorithm>
#include <cassert>
#include <cmath>
#include <utility>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "absl/strings/str_cat.h"
#include "algorithms/batch.h"
#include "algorithms/nets/parameter_views.h"
#include "algorithms/value_learning/value_learning.h"
#include "algorithms/value_learning/value_networks.h"
#include "algorithms/value_learning/value_settings.h"
#include "common/observation_features.h"
#include "common/rng.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

// Packs the observation's features into raw[n, F]. INVALID_ARGUMENT unless every field has n entries and the features are
// finite and not negative.
absl::Status ReadObservation(const v1::Observation& observation, int servers, std::vector<float>* raw) {
  EK_RETURN_IF_ERROR(PackFeatures(observation, servers, raw->data()));
  for (float value : *raw) {
    if (!std::isfinite(value) || value < 0) {
      return absl::InvalidArgumentError(absl::StrCat("the observation holds ", value, ", expected a number >= 0"));
    }
  }
  return absl::OkStatus();
}

uint8_t Best(const float* values, int64_t levels) {
  return static_cast<uint8_t>(std::max_element(values, values + levels) - values);
}

class ValuePolicy : public Policy {
 public:
  ValuePolicy(ValueSettings settings, int agent)
      : settings_(std::move(settings)),
        agent_(agent),
        layout_(AgentLayout(settings_)),
        flat_(at::empty({layout_.size()})),
        network_(MakeAgentNetwork(AgentShape(settings_), ParameterViews(layout_, flat_, /*with_gradients=*/false))) {
    const std::vector<float> initial = layout_.Initial(Rng(settings_.seed, {kInitStream}));
    std::copy(initial.begin(), initial.end(), Values(flat_).begin());
  }

  void BeginRound(const RoundContext& round) override;
  absl::Status Act(absl::Span<const v1::Observation* const> observations, absl::Span<v1::Action> actions) override;
  absl::Status Load(const v1::PolicyParameters& parameters) override;
  uint64_t version() const override { return version_; }

 private:
  void ChooseLevels(int world, const float* values);
  void WriteAction(int world, const v1::Observation& observation, v1::Action* action) const;

  const ValueSettings settings_;
  const int agent_;
  const ParameterLayout layout_;
  at::Tensor flat_;
  std::unique_ptr<AgentNetwork> network_;
  uint64_t version_ = 0;

  RoundContext round_;
  std::vector<Rng> exploration_;  // [W]
  bool first_step_ = true;
  at::Tensor hidden_;             // [W, H]
  at::Tensor inputs_;             // [1, W, input]
  std::vector<uint8_t> levels_;   // [W, n] chosen last
};

void ValuePolicy::BeginRound(const RoundContext& round) {
  round_ = round;
  exploration_.clear();
  for (int world = 0; world < round.worlds; ++world) {
    exploration_.emplace_back(settings_.seed, std::initializer_list<uint64_t>{
                                                  kExplorationStream, round.first_episode + world, static_cast<uint64_t>(agent_)});
  }
  first_step_ = true;
  hidden_ = network_->InitialState(round.worlds);
  inputs_ = at::zeros({1, round.worlds, settings_.shape.input()});
  levels_.assign(round.worlds * settings_.shape.servers, 0);
}

absl::Status ValuePolicy::Act(absl::Span<const v1::Observation* const> observations, absl::Span<v1::Action> actions) {
  const BatchShape& shape = settings_.shape;
  assert(static_cast<int>(observations.size()) == round_.worlds && actions.size() == observations.size());
  const c10::InferenceMode inference;
  std::vector<float> raw(shape.servers * kFeatures);
  for (int world = 0; world < round_.worlds; ++world) {
    EK_RETURN_IF_ERROR(ReadObservation(*observations[world], shape.servers, &raw));
    WriteInputRow(shape, raw.data(), first_step_ ? nullptr : &levels_[world * shape.servers],
                  inputs_.data_ptr<float>() + world * shape.input());
  }
  const at::Tensor values = network_->Forward(inputs_, hidden_, &hidden_);
  first_step_ = false;
  for (int world = 0; world < round_.worlds; ++world) {
    ChooseLevels(world, values.data_ptr<float>() + world * shape.servers * shape.levels);
    WriteAction(world, *observations[world], &actions[world]);
  }
  return absl::OkStatus();
}

void ValuePolicy::ChooseLevels(int world, const float* values) {
  const BatchShape& shape = settings_.shape;
  const double epsilon = round_.explore ? settings_.Epsilon(round_.first_episode + world) : 0;
  for (int64_t server = 0; server < shape.servers; ++server) {
    uint8_t& level = levels_[world * shape.servers + server];
    level = Best(values + server * shape.levels, shape.levels);
    if (round_.explore && exploration_[world].Uniform() < epsilon) {
      level = static_cast<uint8_t>(exploration_[world].Below(shape.levels));
    }
  }
}

void ValuePolicy::WriteAction(int world, const v1::Observation& observation, v1::Action* action) const {
  const auto& available = observation.available();
  // With no server left, weights of 0 would be refused as a setting; any will do.
  const bool none = std::all_of(available.begin(), available.end(), [](float value) { return value == 0; });
  action->Clear();
  action->mutable_controls()->set_mode(v1::SHORTEST_EXPECTED_DELAY);
  for (int64_t server = 0; server < settings_.shape.servers; ++server) {
    const uint8_t level = levels_[world * settings_.shape.servers + server];
    action->add_levels(level);
    const bool use = none || available[server] != 0;
    action->mutable_controls()->add_servers()->set_weight(use ? settings_.action_levels[level] : 0);
  }
}

absl::Status ValuePolicy::Load(const v1::PolicyParameters& parameters) {
  EK_RETURN_IF_ERROR(CheckShape(parameters, "qmix", settings_.policy_shape()));
  EK_RETURN_IF_ERROR(CheckSeal(parameters));
  EK_RETURN_IF_ERROR(ReadTensors(parameters, layout_, "", Values(flat_)));
  version_ = parameters.version();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Policy>> MakeValuePolicy(const PolicyContext& context) {
  EK_ASSIGN_OR_RETURN(ValueSettings settings, ResolveValueSettings(context));
  return std::make_unique<ValuePolicy>(std::move(settings), context.agent);
}

}  // namespace evenkeel
