// VDN, value decomposition networks: the joint value is the sum of all heads (Sunehag et al. 2018). QMIX without its mixer.
// Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_VDN_VDN_H_
#define EVENKEEL_ALGORITHMS_VDN_VDN_H_

#include <memory>

#include "absl/status/statusor.h"
#include "algorithms/algorithm.h"

namespace evenkeel {

// As MakeValuePolicy and MakeValueTrainer (value_learning.h) say; settings from algorithm.qmix.
absl::StatusOr<std::unique_ptr<Policy>> MakeVdnPolicy(const PolicyContext& context);
absl::StatusOr<std::unique_ptr<Trainer>> MakeVdnTrainer(const PolicyContext& context);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_VDN_VDN_H_
