// The loss of a batch of whole episodes: the values of what was done, and what they should have been.
#ifndef EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_LOSS_H_
#define EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_LOSS_H_

#include <vector>

#include <ATen/core/Tensor.h>

#include "algorithms/batch.h"
#include "algorithms/value_learning/value_networks.h"
#include "algorithms/value_learning/value_settings.h"

namespace evenkeel {

// W values per step: one joint value or, without mixing, one per head (K = m n).
struct StepValues {
  at::Tensor chosen;           // [T B, W] of the actions taken, differentiable in the online parameters
  std::vector<float> targets;  // [T B, W]
  std::vector<float> weights;  // [T B, W] what each counts for; those of a valid step add up to 1, less for missing agents
};

// Hidden states start at zero with each episode and both networks see every row from the first to the last. The
// target of step t takes, by the target network, the values at row t+1 of the actions that the online network
// (double_q) or the target network itself holds best there. Of an agent that missed a step the heads are mixed as 0;
// without mixing they do not count in that step, and are followed through it. Computes on the device of the parameters.
// `target_values` [T+1, B, m, n, L], if given, are taken for what the target network's agent part gives, which is then not
// computed.
StepValues ComputeValues(const Batch& batch, const ValueNetworks& online, const ValueNetworks& target,
                         const ValueSettings& settings, const std::vector<float>* target_values = nullptr);

// Sums over the valid steps of a batch, by StepValues.weights.
struct ValueGradient {
  at::Tensor flat;           // [JointLayout.size()] gradient of squared_error / valid_steps; on the CPU
  double squared_error = 0;  // the only one that counts an episode batch.importance times
  double absolute_error = 0;
  std::vector<double> absolute_errors;  // [B] of each episode, in order; they add up to absolute_error
  double chosen = 0;
  double target = 0;

  void Add(const ValueGradient& other);
};

// `valid_steps` is what the sum of squares is divided by: the valid steps of the whole batch, of which `batch` may be a
// part. Deterministic; thread-safe as long as nobody changes the parameters.
ValueGradient ComputeGradient(const Batch& batch, const ValueNetworks& online, const ValueNetworks& target,
                              const ValueSettings& settings, double valid_steps,
                              const std::vector<float>* target_values = nullptr);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_LOSS_H_
