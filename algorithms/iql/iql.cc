#include "algorithms/iql/iql.h"

#include "algorithms/value_learning/value_learning.h"

namespace evenkeel {

absl::StatusOr<std::unique_ptr<Policy>> MakeIqlPolicy(const PolicyContext& context) {
  return MakeValuePolicy("iql", context);
}

absl::StatusOr<std::unique_ptr<Trainer>> MakeIqlTrainer(const PolicyContext& context) {
  return MakeValueTrainer("iql", Mixing::kNone, context);
}

}  // namespace evenkeel
