// The global reward of a step: how evenly the servers' flow durations lie as each LB sees it, or how long
// flows last over all LBs. docs/rewards.md compares the kinds.
#ifndef EVENKEEL_COORDINATOR_REWARD_H_
#define EVENKEEL_COORDINATOR_REWARD_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "lb_shim/decision_costs.h"
#include "protos/experiment.pb.h"
#include "protos/transition.pb.h"

namespace evenkeel {

// The fairness `kind` of the durations (s, > 0, one per server), in double precision and finite for any
// number of servers:
//   PRODUCT            prod (l / max l), each factor at least 1e-6; may round to 0 for many servers
//   PRODUCT_LITERAL    (prod l) / max l, kept within exp(+-80) so that it fits a float
//   PRODUCT_NORMALISED as PRODUCT; it differs in the durations that GlobalReward gives it
//   LOG_PRODUCT        mean log (l / max l), each term at least log 1e-6
//   JAIN               (sum l)^2 / (n sum l^2)
//   NEGATIVE_VARIANCE  -(population variance), s^2
//   NEGATIVE_MAX       -max l, s
// Fewer than two durations cannot be uneven: the value of perfect evenness (1, 1, 1, 0, 1, 0), and for
// NEGATIVE_MAX -l or 0. REQUIRES: `kind` is one of these.
double Fairness(v1::Reward::Kind kind, absl::Span<const double> durations_s);

// The reward of one world, step after step. Not thread-safe.
//
// Fairness kinds, per LB: the exponential average of flow_duration_mean_decayed per server with
// `new_value_share` on the new value (paper Eq. 18), then Fairness; the global reward is the mean of it over
// the LBs (paper section 4.4), which is not the fairness of the mean. A server that the LB has no sample of,
// or that takes no flows (draining, gone), is left out and starts its average anew when it is back (method.md
// E).
//
// PRODUCT_NORMALISED: the same of true means instead of that average: per LB and server the sum of the
// durations of ended flows over their number, both discounted by agent.duration_decay_per_second. A server
// with less than kLeastFlows is left out.
//
// The other kinds add up all LBs and servers, and are finite whatever is idle:
//   NEGATIVE_MEAN_DURATION  -(mean duration of the flows that ended or were rejected in the step), s;
//                           in a step without any, that of the step before; 0 before the first
//   NEGATIVE_OPEN_FLOWS     -(mean_open_flows, + kRejectedFlowSeconds / step for each rejected flow) / n,
//                           flows per server
//   SED_TWIN                NEGATIVE_OPEN_FLOWS less that of the twin, flows per server; above 0 beats sed
//   NEGATIVE_REGRET         -(regret of the flows dispatched in the step: DecisionCosts) / step / n, flows per server
class GlobalReward {
 public:
  // Less is no sample: of one flow so much is left after 44 s at a decay of 0.9 per second.
  static constexpr double kLeastFlows = 0.01;

  // INVALID_ARGUMENT names the field: kind unset, new_value_share outside (0, 1], step interval not above 0,
  // decay outside (0, 1].
  static absl::StatusOr<GlobalReward> Create(const v1::Reward& options, const v1::Agent& agent, int lbs,
                                             int servers);

  // True if Step reads what the twin saw: a world with the same arrivals in which every LB runs plain sed.
  static bool NeedsTwin(v1::Reward::Kind kind) { return kind == v1::Reward::SED_TWIN; }

  // The reward of the step that ended with these observations, one per LB, with n entries in the fields that
  // the kind reads (and in `available`, or none); `twin` the same of the twin where it is needed, else empty;
  // `regret_s` as NEGATIVE_REGRET says.
  double Step(absl::Span<const v1::Observation* const> observations,
              absl::Span<const v1::Observation* const> twin = {}, double regret_s = 0);

  // True if the kind also pays each head (LB, server) for itself.
  static bool HasHeadRewards(v1::Reward::Kind kind) { return kind == v1::Reward::NEGATIVE_REGRET; }

  // Per head what its factor gained in the step (DecisionCosts.gains_s) / step, flows; empty if the kind has none.
  std::vector<float> HeadRewards(absl::Span<const float> gains_s) const;

 private:
  GlobalReward(const v1::Reward& options, const v1::Agent& agent, int lbs, int servers);

  double MeanFairness(absl::Span<const v1::Observation* const> observations);
  void AverageDurations(int lb, const v1::Observation& observation);
  void DiscountDurations(int lb, const v1::Observation& observation);
  double MeanDuration(absl::Span<const v1::Observation* const> observations);
  double OpenFlows(absl::Span<const v1::Observation* const> observations) const;

  const v1::Reward::Kind kind_;
  const double new_value_share_;
  const double step_s_;
  const double kept_per_step_;  // of discounted sums
  const int lbs_;
  const int servers_;
  std::vector<double> averages_s_;        // [lbs * servers]; 0 = no sample
  std::vector<double> discounted_sum_s_;  // [lbs * servers] durations of ended flows
  std::vector<double> discounted_flows_;  // [lbs * servers]
  double mean_duration_s_ = 0;            // of the last step that had any
  std::vector<double> durations_s_;       // scratch: of one LB, without the servers left out
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_REWARD_H_
