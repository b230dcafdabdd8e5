#include "algorithms/masac/masac.h"

#include "algorithms/sac/sac.h"

namespace evenkeel {

absl::StatusOr<std::unique_ptr<Policy>> MakeMasacPolicy(const PolicyContext& context) {
  return MakeSacPolicy("masac", context);
}

absl::StatusOr<std::unique_ptr<Trainer>> MakeMasacTrainer(const PolicyContext& context) {
  return MakeSacTrainer("masac", Critics::kCentral, context);
}

}  // namespace evenkeel
