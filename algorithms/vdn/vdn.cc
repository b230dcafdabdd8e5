#include "algorithms/vdn/vdn.h"

#include "algorithms/value_learning/value_learning.h"

namespace evenkeel {

absl::StatusOr<std::unique_ptr<Policy>> MakeVdnPolicy(const PolicyContext& context) {
  return MakeValuePolicy("vdn", context);
}

absl::StatusOr<std::unique_ptr<Trainer>> MakeVdnTrainer(const PolicyContext& context) {
  return MakeValueTrainer("vdn", Mixing::kSum, context);
}

}  // namespace evenkeel
