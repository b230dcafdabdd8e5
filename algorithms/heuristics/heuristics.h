// The heuristics, each as the factory that the registry calls. None learns; all of them set the data plane
// that learned policies set too, so a comparison differs in the controls and in nothing else. One .cc file
// per name.
//
// Every factory returns INVALID_ARGUMENT as CheckContext does; what else it may return is said with it.
#ifndef EVENKEEL_ALGORITHMS_HEURISTICS_HEURISTICS_H_
#define EVENKEEL_ALGORITHMS_HEURISTICS_HEURISTICS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "algorithms/algorithm.h"

namespace evenkeel {

// ---- what the paper compares with (section 5.1) ----

// Equal-cost multi-path: every server with the same probability.
absl::StatusOr<std::unique_ptr<Policy>> MakeEcmp(const PolicyContext& context);

// Weighted-cost multi-path: server j with probability proportional to its nominal weight.
absl::StatusOr<std::unique_ptr<Policy>> MakeWcmp(const PolicyContext& context);

// Active WCMP: server j with probability proportional to nominal_j / (busy_j + 1), where busy_j are the busy
// workers that a probe of the server reports each step; normalised to a maximum of 1 (method.md A11, released
// code), then smoothed exponentially (algorithm.awcmp.smoothing). INVALID_ARGUMENT: smoothing is not in [0,
// 1). Act: FAILED_PRECONDITION if no probe reports.
absl::StatusOr<std::unique_ptr<Policy>> MakeAwcmp(const PolicyContext& context);

// Local shortest queue: the server with the fewest own open flows.
absl::StatusOr<std::unique_ptr<Policy>> MakeLsq(const PolicyContext& context);

// Shortest expected delay: the least (own open flows + 1) / nominal weight (paper Eq. 15).
absl::StatusOr<std::unique_ptr<Policy>> MakeSed(const PolicyContext& context);

// Power of two choices: the better by SED of two servers drawn evenly.
absl::StatusOr<std::unique_ptr<Policy>> MakeP2c(const PolicyContext& context);

// ---- simple improvements of SED that see only what an LB sees (headroom.md section 1) ----

// SED + q-bar: the own average count stands for what each of the m-1 other LBs has there: bias_j = (m-1) x
// exponential average of mean_open_flows_j over algorithm.sed_own_average.horizon_seconds. INVALID_ARGUMENT:
// the horizon is not positive.
absl::StatusOr<std::unique_ptr<Policy>> MakeSedOwnAverage(const PolicyContext& context);

// SED with feedback on flow durations: each step log(weight_j / nominal_j) moves by the share `leak` towards
// -gain x (log duration_j - mean over the servers), where duration_j is the mean of own finished flows,
// discounted by agent.duration_decay_per_second. Servers with less than one (discounted) flow move towards
// nominal, and no weight goes further from it than by a factor of 4. A large gain with a small leak
// integrates (in the limit fb-int of headroom.md section 1). INVALID_ARGUMENT: gain is negative, or leak not
// in (0, 1].
absl::StatusOr<std::unique_ptr<Policy>> MakeSedFeedback(const PolicyContext& context);

// Static arcs + q-bar (affinity.md section 1): each LB sends only to its own stretch of the servers, with the
// weights of ArcOverlap (base_controls.h), cut anew over the available servers when one leaves or comes; with
// k LBs on a server, bias_j = (k-1) x exponential average of mean_open_flows_j over
// algorithm.arc.horizon_seconds. INVALID_ARGUMENT: the horizon is not positive, or lbs_per_server is below 1.
absl::StatusOr<std::unique_ptr<Policy>> MakeArc(const PolicyContext& context);

// ---- with the help of the other LBs ----

// SED with the others' open flows on a server, as exchanged and smoothed, times algorithm.sed_exchange.gain
// added to the own (affinity.md section 3: alone it is good up to some 16 LBs and fails where counts come
// late). INVALID_ARGUMENT: gain is negative, or smoothing not in [0, 1). Act: FAILED_PRECONDITION if the LBs
// exchange no counts.
absl::StatusOr<std::unique_ptr<Policy>> MakeSedExchange(const PolicyContext& context);

// ---- controls: yardsticks, not proposals ----

// SED with every weight drawn anew each step, evenly from agent.action_levels: what an agent does before it
// learns anything (as good as LSQ, so "as good as LSQ" is no evidence of learning). Draws depend on seed,
// episode and agent. INVALID_ARGUMENT: a level is not positive, or there is none.
absl::StatusOr<std::unique_ptr<Policy>> MakeRandomWeights(const PolicyContext& context);

// SED with weights nominal_j ^ algorithm.sed_static.exponent: the best that a fixed ratio can do, where the
// exponent was chosen on training traces (experiments/static_exponent.h). INVALID_ARGUMENT: the exponent is
// not set, or not finite.
absl::StatusOr<std::unique_ptr<Policy>> MakeSedStatic(const PolicyContext& context);

// ---- bounds: they cheat, and only a simulated data plane lets them ----

// SED with the open flows of all LBs together.
absl::StatusOr<std::unique_ptr<Policy>> MakeSedGlobal(const PolicyContext& context);

// The server where the new flow adds the least to the total completion time, every remaining work known.
// Myopic, so not strictly optimal.
absl::StatusOr<std::unique_ptr<Policy>> MakeOracle(const PolicyContext& context);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_HEURISTICS_HEURISTICS_H_
