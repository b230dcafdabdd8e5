// The settings of the SAC family (v1::Sac), read once from the experiment and checked.
#ifndef EVENKEEL_ALGORITHMS_SAC_SAC_SETTINGS_H_
#define EVENKEEL_ALGORITHMS_SAC_SAC_SETTINGS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "algorithms/agent_settings.h"
#include "algorithms/algorithm.h"
#include "algorithms/nets/matrix_precision.h"
#include "algorithms/sac/critics.h"

namespace evenkeel {

// Fields mean what those of v1::Sac do.
struct SacSettings {
  AgentSettings agent;
  Critics critics = Critics::kIndependent;

  double actor_learning_rate = 0;
  double critic_learning_rate = 0;
  double temperature_learning_rate = 0;
  float discount = 0;
  float target_rate = 0;
  double target_entropy = 0;  // nats per head: target_entropy_share x log(levels)
  double initial_temperature = 0;
  double max_gradient_norm = 0;  // of the actor's gradient, and of the two critics' together
  int64_t burn_in_steps = 0;
  int64_t threads = 1;
  MatrixPrecision precision = MatrixPrecision::kFloat32;  // of the learner's networks
};

// INVALID_ARGUMENT names the field that is missing or out of range, with its value and the range.
absl::StatusOr<SacSettings> ResolveSacSettings(const PolicyContext& context, Critics critics);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_SAC_SAC_SETTINGS_H_
