// From the levels that a learned policy chose to what the data plane applies:
//   weight = base weight x action level     bias = base bias + own_average_gain x (k - 1) x own average count + bias level
// per server (v1::Agent; base and k: base_controls.h). Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_ACTION_CONTROLS_H_
#define EVENKEEL_ALGORITHMS_ACTION_CONTROLS_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "algorithms/agent_settings.h"
#include "algorithms/base_controls.h"
#include "protos/control.pb.h"

namespace evenkeel {

// Follows one LB through one episode: its average counts (over algorithm.arc.horizon_seconds, beginning at 0, as
// sed_own_average does). Not thread-safe.
class ActionControls {
 public:
  // `settings` outlives this.
  explicit ActionControls(const AgentSettings& settings);

  // Replaces `action` by the `levels` [n] of the next step and their controls, from that step's raw observations
  // [n, kFeatures] and base. A server that is not available gets weight 0; while none is, the weights stay as chosen,
  // because a data plane refuses weights that are all 0.
  void Step(const float* raw, const BaseControls& base, absl::Span<const uint8_t> levels, v1::Action* action);

 private:
  const AgentSettings& settings_;
  const float new_share_;       // of the newest step in the average
  std::vector<float> average_;  // [n] own open flows
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_ACTION_CONTROLS_H_
