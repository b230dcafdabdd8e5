// Discrete soft actor-critic in expectation form (Christodoulou 2019), one categorical head per (agent, server) over the levels:
// what isac, ssac and masac have in common. They differ in what their critics read, and in how many LBs they play with. The
// actor's loss is the exact expectation over the levels, so that it feels what each is worth; the released code drew one level,
// which left the worth no way to the actor (method.md A1.9). Free of LibTorch.
//
// The weights of Trainer::Update are in the losses of the critics and of the actor. The actor's is a mean over the stored
// experience, too, and experience of large TD error, drawn too often, leads an actor astray (Saglam et al. 2023); public code is
// of two minds. The temperature goes by the plain mean entropy of what was drawn: it holds a level and estimates nothing.
#ifndef EVENKEEL_ALGORITHMS_SAC_SAC_H_
#define EVENKEEL_ALGORITHMS_SAC_SAC_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "algorithms/algorithm.h"
#include "algorithms/sac/critics.h"

namespace evenkeel {

// A policy that, while exploring, draws each server's level from the softmax of what the actor's network gives; else it takes
// the likeliest level (the lowest such level on ties). `algorithm` is the registered name. INVALID_ARGUMENT names the setting
// of the experiment that is missing or out of range.
absl::StatusOr<std::unique_ptr<Policy>> MakeSacPolicy(const std::string& algorithm, const PolicyContext& context);

// Its trainer. Uses training.learner_threads threads during Update, the caller's included; set LibTorch's own
// threads to one first (at::set_num_threads(1)), or they fight over the cores. Same errors. Its Update also gives
// INVALID_ARGUMENT if no step of the batch counts: none longer than burn_in_steps with an agent present.
absl::StatusOr<std::unique_ptr<Trainer>> MakeSacTrainer(const std::string& algorithm, Critics critics,
                                                        const PolicyContext& context);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_SAC_SAC_H_
