// From what one LB saw to what its network reads, step by step through an episode. Actors and learners both go through here,
// so that they see the same numbers to the last bit. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_AGENT_INPUTS_H_
#define EVENKEEL_ALGORITHMS_AGENT_INPUTS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "algorithms/agent_settings.h"
#include "algorithms/base_controls.h"
#include "algorithms/es/es_controls.h"
#include "algorithms/server_features.h"

namespace evenkeel {

// Not thread-safe.
class AgentInputs {
 public:
  // `settings` outlives this.
  AgentInputs(const AgentSettings& settings, int agent);

  // Writes the next step's row [settings.shape.input()] from raw observations [n, kFeatures]; the levels [n] and
  // weights [n] of the step before are null at the first one.
  void Step(const float* raw, const uint8_t* last_levels, const float* last_weights, float* row);

  // The base of the step's controls, for the servers that were available in it. REQUIRES: Step was called.
  const BaseControls& base() const { return base_; }

 private:
  void UpdateBase(const float* raw);
  void CutBase(const float* raw);
  void WritePaperRow(const float* raw, const uint8_t* last_levels, float* row) const;

  const AgentSettings& settings_;
  const PolicyContext context_;
  std::optional<ServerFeatures> features_;  // SHARED only
  std::optional<EsNetwork> base_network_;   // base_weight POLICY only, both
  std::optional<EsControls> base_policy_;
  std::vector<float> available_;            // [n] that base_ was made for
  BaseControls base_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_AGENT_INPUTS_H_
