// ISAC, independent soft actor-critic: each LB's actor and critics read what that LB sees and nothing of the others, and all
// learn from the global reward with one set of parameters (paper's I-SAC as it should have been, method.md A6 and E).
// Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_ISAC_ISAC_H_
#define EVENKEEL_ALGORITHMS_ISAC_ISAC_H_

#include <memory>

#include "absl/status/statusor.h"
#include "algorithms/algorithm.h"

namespace evenkeel {

// As MakeSacPolicy and MakeSacTrainer (sac.h) say; settings from algorithm.sac.
absl::StatusOr<std::unique_ptr<Policy>> MakeIsacPolicy(const PolicyContext& context);
absl::StatusOr<std::unique_ptr<Trainer>> MakeIsacTrainer(const PolicyContext& context);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_ISAC_ISAC_H_
