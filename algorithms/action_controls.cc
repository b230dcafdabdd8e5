#include "algorithms/action_controls.h"

#include <cassert>
#include <cmath>

#include "common/observation_features.h"

namespace evenkeel {
namespace {

float NewShare(const v1::Experiment& experiment) {
  const double horizon_s = experiment.algorithm().arc().horizon_seconds();
  if (!(horizon_s > 0)) return 1;  // allowed where the average is not used
  return static_cast<float>(-std::expm1(-experiment.agent().step_interval_seconds() / horizon_s));
}

}  // namespace

ActionControls::ActionControls(const AgentSettings& settings)
    : settings_(settings), new_share_(NewShare(settings.experiment)), average_(settings.shape.servers) {}

void ActionControls::Step(const float* raw, const BaseControls& base, absl::Span<const uint8_t> levels,
                          v1::Action* action) {
  const size_t servers = average_.size();
  assert(levels.size() == servers && base.weights.size() == servers);
  const v1::Agent& agent = settings_.experiment.agent();
  const float unseen = static_cast<float>(agent.own_average_gain() * (base.lbs_per_server - 1));
  bool none = true;
  for (size_t j = 0; j < servers; ++j) none = none && raw[j * kFeatures + kAvailable] == 0;
  action->Clear();
  v1::Controls* controls = action->mutable_controls();
  controls->set_mode(v1::SHORTEST_EXPECTED_DELAY);
  if (agent.exchange()) {
    controls->set_exchange_gain(static_cast<float>(agent.exchange_gain()));
    controls->set_exchange_smoothing(static_cast<float>(agent.exchange_smoothing()));
  }
  for (size_t j = 0; j < servers; ++j) {
    const float* seen = raw + j * kFeatures;
    average_[j] += new_share_ * (seen[kMeanOpenFlows] - average_[j]);
    const bool use = none || seen[kAvailable] != 0;
    action->add_levels(levels[j]);
    v1::ServerControl* server = controls->add_servers();
    server->set_weight(use ? base.weights[j] * settings_.action_level(levels[j]) : 0);
    const float base_bias = base.biases.empty() ? 0 : base.biases[j];
    server->set_bias(base_bias + unseen * average_[j] + settings_.bias_level(levels[j]));
  }
}

}  // namespace evenkeel
