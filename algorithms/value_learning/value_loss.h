// QMIX's loss on a batch of whole episodes: joint values of what was done, and what they should have been.
#ifndef EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_LOSS_H_
#define EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_LOSS_H_

#include <vector>

#include <ATen/core/Tensor.h>

#include "algorithms/batch.h"
#include "algorithms/value_learning/value_networks.h"
#include "algorithms/value_learning/value_settings.h"

namespace evenkeel {

// Joint values [T B] of the actions taken, differentiable in the online parameters, and their targets [T, B].
struct JointValues {
  at::Tensor chosen;
  std::vector<float> targets;
};

// Hidden states start at zero with each episode and both networks see every row from the first to the last. The
// target of step t mixes, by the target network, the values at row t+1 of the actions that the online network
// (double_q) or the target network itself holds best there. The heads of an agent that missed a step are mixed as 0.
JointValues ComputeValues(const Batch& batch, const ValueNetworks& online, const ValueNetworks& target,
                         const ValueSettings& settings);

// Sums over the valid steps of a batch.
struct ValueGradient {
  at::Tensor flat;           // [JointLayout.size()] gradient of squared_error / valid_steps
  double squared_error = 0;
  double absolute_error = 0;
  double chosen = 0;
  double target = 0;
};

// `valid_steps` is what the sum of squares is divided by: the valid steps of the whole batch, of which `batch` may be a
// part. Deterministic; thread-safe as long as nobody changes the parameters.
ValueGradient ComputeGradient(const Batch& batch, const ValueNetworks& online, const ValueNetworks& target,
                             const ValueSettings& settings, double valid_steps);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_LOSS_H_
