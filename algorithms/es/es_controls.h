// What an EsNetwork sets, step by step through an episode: as a policy of its own (es_policy.cc), or as the base of what
// another algorithm learns (agent.base_weight: POLICY). Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_ES_ES_CONTROLS_H_
#define EVENKEEL_ALGORITHMS_ES_ES_CONTROLS_H_

#include <vector>

#include "algorithms/algorithm.h"
#include "algorithms/es/es_network.h"
#include "algorithms/server_features.h"

namespace evenkeel {

// Follows one LB through one episode. Not thread-safe.
class EsControls {
 public:
  // For the LB of `context`, with the horizons of `network`; `exchange`: the others' counts act (es_network.h).
  EsControls(const PolicyContext& context, const EsNetwork& network, bool exchange);

  // The next step's weights and biases by `network`, made for the same numbers of LBs and servers, from raw observations
  // [n, kFeatures] and, with exchange, Observation.others_age_seconds, all finite and at least 0.
  void Step(const EsNetwork& network, const float* raw, float others_age_seconds);

  // [n] of the last step: relative to the largest, 0 for a server that was not available, but 1 for all where none was, since a
  // data plane refuses weights that are all 0; flows.
  const std::vector<float>& weights() const { return weights_; }
  const std::vector<float>& biases() const { return biases_; }
  float exchange_gain() const { return exchange_gain_; }  // 0 without exchange

 private:
  const bool exchange_;
  ServerFeatures features_;
  std::vector<float> inputs_;            // [n, kServerInputs]
  std::vector<float> weights_, biases_;  // [n]
  float exchange_gain_ = 0;
  bool first_step_ = true;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_ES_ES_CONTROLS_H_
