#include "algorithms/ssac/ssac.h"

#include "algorithms/sac/sac.h"

namespace evenkeel {

absl::StatusOr<std::unique_ptr<Policy>> MakeSsacPolicy(const PolicyContext& context) {
  return MakeSacPolicy("ssac", context);
}

absl::StatusOr<std::unique_ptr<Trainer>> MakeSsacTrainer(const PolicyContext& context) {
  return MakeSacTrainer("ssac", Critics::kIndependent, context);
}

}  // namespace evenkeel
