#include "algorithms/es/es_controls.h"

#include <algorithm>

namespace evenkeel {
namespace {

ServerFeatures::Options FeatureOptions(const PolicyContext& context, const EsNetwork& network) {
  ServerFeatures::Options options;
  options.agent = context.agent;
  options.agents = context.agents;
  options.step_seconds = context.experiment->agent().step_interval_seconds();
  options.lbs_per_server = network.lbs_per_server();
  options.slow_seconds = network.slow_seconds();
  options.fast_seconds = network.fast_seconds();
  options.exponent_seconds = network.exponent_seconds();
  options.exponent_target = network.exponent_target();
  options.others_seconds = network.others_seconds();
  options.identity = context.experiment->algorithm().network().identity();
  options.nominal_weights = context.nominal_weights;
  return options;
}

}  // namespace

EsControls::EsControls(const PolicyContext& context, const EsNetwork& network, bool exchange)
    : exchange_(exchange),
      features_(FeatureOptions(context, network)),
      inputs_(context.servers * kServerInputs),
      weights_(context.servers),
      biases_(context.servers) {}

void EsControls::Step(const EsNetwork& network, const float* raw, float others_age_seconds) {
  exchange_gain_ = exchange_ ? network.exchange_gain(others_age_seconds) : 0;
  features_.Step(raw, first_step_ ? nullptr : weights_.data(), inputs_.data());
  first_step_ = false;
  network.Controls(inputs_, features_.shares(), features_.mean_counts(),
                   exchange_ ? absl::MakeConstSpan(features_.mean_others()) : absl::Span<const float>(), exchange_gain_,
                   absl::MakeSpan(weights_), absl::MakeSpan(biases_));
  const bool none = std::all_of(weights_.begin(), weights_.end(), [](float weight) { return weight == 0; });
  if (none) std::fill(weights_.begin(), weights_.end(), 1.0f);
}

}  // namespace evenkeel
