// QMIX with one head per (agent, server): value decomposition by a monotonic mixer over whole episodes of joint
// experience (Rashid et al. 2018; paper section 4.2; method.md A5 and E). Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_H_
#define EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "algorithms/algorithm.h"

namespace evenkeel {

// A policy that sets each server's weight to the action level of the highest value (the lowest such level on ties);
// while exploring, each server's level is drawn evenly with probability epsilon of the episode instead. Before the
// first Load it has the parameters that a trainer of the same experiment starts from.
// INVALID_ARGUMENT names the setting of the experiment that is missing or out of range.
absl::StatusOr<std::unique_ptr<Policy>> MakeValuePolicy(const PolicyContext& context);

// Its trainer. Uses training.learner_threads threads during Update, the caller's included; set LibTorch's own
// threads to one first (at::set_num_threads(1)), or they fight over the cores. Same errors.
absl::StatusOr<std::unique_ptr<Trainer>> MakeValueTrainer(const PolicyContext& context);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_H_
