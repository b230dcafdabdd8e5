// QMIX: the joint value is a learned function of the state and of all heads that never falls when a head rises, so that each
// head's best level is part of the best joint action (Rashid et al. 2018; paper section 4.2; method.md A5 and E).
// Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_QMIX_QMIX_H_
#define EVENKEEL_ALGORITHMS_QMIX_QMIX_H_

#include <memory>

#include "absl/status/statusor.h"
#include "algorithms/algorithm.h"

namespace evenkeel {

// As MakeValuePolicy and MakeValueTrainer (value_learning.h) say; settings from algorithm.qmix.
absl::StatusOr<std::unique_ptr<Policy>> MakeQmixPolicy(const PolicyContext& context);
absl::StatusOr<std::unique_ptr<Trainer>> MakeQmixTrainer(const PolicyContext& context);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_QMIX_QMIX_H_
