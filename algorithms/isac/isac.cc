#include "algorithms/isac/isac.h"

#include "algorithms/sac/sac.h"

namespace evenkeel {

absl::StatusOr<std::unique_ptr<Policy>> MakeIsacPolicy(const PolicyContext& context) {
  return MakeSacPolicy("isac", context);
}

absl::StatusOr<std::unique_ptr<Trainer>> MakeIsacTrainer(const PolicyContext& context) {
  return MakeSacTrainer("isac", Critics::kIndependent, context);
}

}  // namespace evenkeel
