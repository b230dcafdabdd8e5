// The settings of QMIX, read once from the experiment and checked.
#ifndef EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_SETTINGS_H_
#define EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_SETTINGS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "algorithms/algorithm.h"
#include "algorithms/batch.h"
#include "protos/learner.pb.h"

namespace evenkeel {

// Fields mean what those of v1::Qmix do.
struct ValueSettings {
  uint64_t seed = 0;
  BatchShape shape;
  std::vector<float> action_levels;

  int64_t hidden = 0;
  int64_t mixer_embed = 0;
  int64_t hypernet_hidden = 0;

  double learning_rate = 0;
  float discount = 0;
  float td_lambda = 0;
  bool double_q = true;
  uint64_t target_interval_updates = 0;
  double max_gradient_norm = 0;
  int64_t threads = 1;

  double epsilon_start = 0;
  double epsilon_end = 0;
  uint64_t epsilon_episodes = 0;

  // Chance per server that the policy of `episode` explores: linear from start to end, then constant.
  double Epsilon(uint64_t episode) const;

  v1::PolicyShape policy_shape() const;
};

// INVALID_ARGUMENT names the field that is missing or out of range, with its value and the range.
absl::StatusOr<ValueSettings> ResolveValueSettings(const PolicyContext& context);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_SETTINGS_H_
