// The settings of learning by values (v1::Qmix, also those of vdn and iql), read once from the experiment and checked.
#ifndef EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_SETTINGS_H_
#define EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_SETTINGS_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "algorithms/agent_settings.h"
#include "algorithms/algorithm.h"
#include "algorithms/nets/matrix_precision.h"
#include "algorithms/value_learning/mixing.h"

namespace evenkeel {

// Fields mean what those of v1::Qmix and v1::Training do.
struct ValueSettings {
  AgentSettings agent;
  Mixing mixing = Mixing::kMonotonic;
  int64_t mixer_embed = 0;
  int64_t hypernet_hidden = 0;

  double learning_rate = 0;
  float discount = 0;
  float td_lambda = 0;
  bool double_q = true;
  uint64_t target_interval_updates = 0;
  double max_gradient_norm = 0;
  int64_t threads = 1;
  MatrixPrecision precision = MatrixPrecision::kFloat32;  // of the learner's networks; cached targets are always float's
  bool cache_targets = false;
};

// INVALID_ARGUMENT names the field that is missing or out of range, with its value and the range.
absl::StatusOr<ValueSettings> ResolveValueSettings(const PolicyContext& context, Mixing mixing);

// Chance per server that the policy of `episode` explores: linear from epsilon_start to epsilon_end, then constant.
double Epsilon(const v1::Qmix& settings, uint64_t episode);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_SETTINGS_H_
