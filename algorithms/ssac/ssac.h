// SSAC, single soft actor-critic: isac for one LB that sees all traffic (paper's S-SAC, method.md E). Experiments play it
// with topology.lbs = 1, whatever they say (AlgorithmInfo::one_lb). It shows what a single LB could learn: a control, not a
// fair competitor where there are more LBs, none of which sees as much. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_SSAC_SSAC_H_
#define EVENKEEL_ALGORITHMS_SSAC_SSAC_H_

#include <memory>

#include "absl/status/statusor.h"
#include "algorithms/algorithm.h"

namespace evenkeel {

// As MakeSacPolicy and MakeSacTrainer (sac.h) say; settings from algorithm.sac.
absl::StatusOr<std::unique_ptr<Policy>> MakeSsacPolicy(const PolicyContext& context);
absl::StatusOr<std::unique_ptr<Trainer>> MakeSsacTrainer(const PolicyContext& context);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_SSAC_SSAC_H_
