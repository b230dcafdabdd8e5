// IQL, independent Q-learning: every head learns from the global reward as if it acted alone (Tan 1993; Tampuu et al. 2017).
// Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_IQL_IQL_H_
#define EVENKEEL_ALGORITHMS_IQL_IQL_H_

#include <memory>

#include "absl/status/statusor.h"
#include "algorithms/algorithm.h"

namespace evenkeel {

// As MakeValuePolicy and MakeValueTrainer (value_learning.h) say; settings from algorithm.qmix.
absl::StatusOr<std::unique_ptr<Policy>> MakeIqlPolicy(const PolicyContext& context);
absl::StatusOr<std::unique_ptr<Trainer>> MakeIqlTrainer(const PolicyContext& context);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_IQL_IQL_H_
