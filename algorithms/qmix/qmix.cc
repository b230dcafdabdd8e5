#include "algorithms/qmix/qmix.h"

#include "algorithms/value_learning/value_learning.h"

namespace evenkeel {

absl::StatusOr<std::unique_ptr<Policy>> MakeQmixPolicy(const PolicyContext& context) {
  return MakeValuePolicy("qmix", context);
}

absl::StatusOr<std::unique_ptr<Trainer>> MakeQmixTrainer(const PolicyContext& context) {
  return MakeValueTrainer("qmix", Mixing::kMonotonic, context);
}

}  // namespace evenkeel
