#include "algorithms/agent_inputs.h"

#include <algorithm>

#include "algorithms/feature_scaling.h"

namespace evenkeel {
namespace {

ServerFeatures::Options FeatureOptions(const AgentSettings& settings, int agent) {
  ServerFeatures::Options options;
  options.agent = agent;
  options.agents = static_cast<int>(settings.shape.agents);
  options.step_seconds = settings.experiment.agent().step_interval_seconds();
  options.lbs_per_server = LbsPerServer(settings.experiment.algorithm().arc(), options.agents);
  options.identity = settings.experiment.algorithm().network().identity();
  options.nominal_weights = settings.nominal_weights;
  return options;
}

}  // namespace

AgentInputs::AgentInputs(const AgentSettings& settings, int agent)
    : settings_(settings), context_(settings.context(agent)) {
  if (settings.shape.shared()) features_.emplace(FeatureOptions(settings, agent));
  const v1::Agent& own = settings.experiment.agent();
  if (own.base_weight() != v1::Agent::POLICY) return;
  const std::vector<float> parameters(own.base_parameters().begin(), own.base_parameters().end());
  const int hidden = EsNetwork::HiddenOf(own.base_parameters_size()).value();  // ResolveAgentSettings checked
  base_network_.emplace(hidden, context_.agents, context_.servers, parameters);
  base_policy_.emplace(context_, *base_network_, /*exchange=*/false);
}

void AgentInputs::Step(const float* raw, const uint8_t* last_levels, const float* last_weights, float* row) {
  UpdateBase(raw);
  if (features_.has_value()) {
    features_->Step(raw, last_weights, row);
  } else {
    WritePaperRow(raw, last_levels, row);
  }
}

void AgentInputs::UpdateBase(const float* raw) {
  CutBase(raw);
  if (!base_policy_.has_value()) return;
  base_policy_->Step(*base_network_, raw, /*others_age_seconds=*/0);
  base_.weights = base_policy_->weights();
  base_.biases = base_policy_->biases();
}

// Anew only when a server came or left: an arc costs a sort.
void AgentInputs::CutBase(const float* raw) {
  const size_t servers = static_cast<size_t>(settings_.shape.servers);
  bool same = available_.size() == servers;
  for (size_t j = 0; same && j < servers; ++j) same = available_[j] == raw[j * kFeatures + kAvailable];
  if (same) return;
  available_.resize(servers);
  for (size_t j = 0; j < servers; ++j) available_[j] = raw[j * kFeatures + kAvailable];
  base_ = MakeBaseControls(context_, available_).value();  // cannot fail: ResolveAgentSettings made one
}

void AgentInputs::WritePaperRow(const float* raw, const uint8_t* last_levels, float* row) const {
  const int64_t servers = settings_.shape.servers, levels = settings_.shape.levels;
  ScaleFeatures(raw, servers, row);
  float* one_hot = row + servers * kPaperFeatures;
  std::fill(one_hot, one_hot + servers * levels, 0.0f);
  if (last_levels == nullptr) return;
  for (int64_t server = 0; server < servers; ++server) one_hot[server * levels + last_levels[server]] = 1;
}

}  // namespace evenkeel
