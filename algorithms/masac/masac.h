// MASAC, soft actor-critic with central critics: in training the critics read all LBs beside their own, so that what the others
// do is no noise to them; the actors, which alone are executed, read their own LB only (as Lowe et al. 2017 do).
// Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_MASAC_MASAC_H_
#define EVENKEEL_ALGORITHMS_MASAC_MASAC_H_

#include <memory>

#include "absl/status/statusor.h"
#include "algorithms/algorithm.h"

namespace evenkeel {

// As MakeSacPolicy and MakeSacTrainer (sac.h) say; settings from algorithm.sac.
absl::StatusOr<std::unique_ptr<Policy>> MakeMasacPolicy(const PolicyContext& context);
absl::StatusOr<std::unique_ptr<Trainer>> MakeMasacTrainer(const PolicyContext& context);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_MASAC_MASAC_H_
