// The global reward: how evenly the servers' flow durations lie, as each LB sees it, then the mean over the
// LBs.
#ifndef EVENKEEL_COORDINATOR_REWARD_H_
#define EVENKEEL_COORDINATOR_REWARD_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "protos/experiment.pb.h"
#include "protos/transition.pb.h"

namespace evenkeel {

// The fairness `kind` of the durations (s, > 0, one per server), in double precision and finite for any
// number of servers:
//   PRODUCT            prod (l / max l), each factor at least 1e-6; may round to 0 for many servers
//   PRODUCT_LITERAL    (prod l) / max l, kept within exp(+-80) so that it fits a float
//   LOG_PRODUCT        mean log (l / max l), each term at least log 1e-6
//   JAIN               (sum l)^2 / (n sum l^2)
//   NEGATIVE_VARIANCE  -(population variance), s^2
//   NEGATIVE_MAX       -max l, s
// Fewer than two durations cannot be uneven: the value of perfect evenness (1, 1, 0, 1, 0), and for
// NEGATIVE_MAX -l or 0. REQUIRES: `kind` is none of UNSET and unknown.
double Fairness(v1::Reward::Kind kind, absl::Span<const double> durations_s);

// The reward of one world, step after step. Not thread-safe.
//
// Per LB: the exponential average of flow_duration_mean_decayed per server with `new_value_share` on the new
// value (paper Eq. 18), then Fairness; the global reward is the mean of it over the LBs (paper section 4.4),
// which is not the fairness of the mean. A server that the LB has no sample of, or that takes no flows
// (draining, gone), is left out and starts its average anew when it is back (method.md E).
class GlobalReward {
 public:
  // INVALID_ARGUMENT names the field: kind unset, new_value_share outside (0, 1].
  static absl::StatusOr<GlobalReward> Create(const v1::Reward& options, int lbs, int servers);

  // The reward of the step that ended with these observations, one per LB with n entries in
  // flow_duration_mean_decayed (and in `available`, or none).
  double Step(absl::Span<const v1::Observation* const> observations);

 private:
  GlobalReward(const v1::Reward& options, int lbs, int servers);

  double LbReward(int lb, const v1::Observation& observation);

  v1::Reward::Kind kind_;
  double new_value_share_;
  int servers_;
  std::vector<double> averages_s_;   // [lbs * servers]; 0 = no sample
  std::vector<double> durations_s_;  // scratch
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_REWARD_H_
