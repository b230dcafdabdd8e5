// Learning the values of actions from whole episodes of joint experience, with one head per (agent, server): what qmix, vdn and
// iql have in common. They differ in how the heads' values become what is compared with the reward. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_LEARNING_H_
#define EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_LEARNING_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "algorithms/algorithm.h"
#include "algorithms/value_learning/mixing.h"

namespace evenkeel {

// A policy that gives each server the level of the highest value (the lowest such level on ties); while exploring, each
// server's level is drawn evenly with probability epsilon of the episode instead. `algorithm` is the registered name.
// INVALID_ARGUMENT names the setting of the experiment that is missing or out of range.
absl::StatusOr<std::unique_ptr<Policy>> MakeValuePolicy(const std::string& algorithm, const PolicyContext& context);

// Its trainer. Uses training.learner_threads threads during Update, the caller's included; set LibTorch's own
// threads to one first (at::set_num_threads(1)), or they fight over the cores. Same errors; FAILED_PRECONDITION where
// training.device is not there (compute_device.h).
absl::StatusOr<std::unique_ptr<Trainer>> MakeValueTrainer(const std::string& algorithm, Mixing mixing,
                                                          const PolicyContext& context);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_VALUE_LEARNING_VALUE_LEARNING_H_
