#include "experiments/outcome_cost.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace evenkeel {
namespace {

// Mean completion time of a trace, a rejected flow counted as the slowest finished one; infinite if none
// finished.
double MeanWithRejected(const TraceOutcome& outcome) {
  double sum_s = 0;
  double flows = 0;
  double rejected = 0;
  double slowest_s = 0;
  for (const TraceOutcome::Class& each : outcome.classes) {
    for (const double duration_s : each.durations_s) {
      sum_s += duration_s;
      slowest_s = std::max(slowest_s, duration_s);
    }
    flows += each.durations_s.size();
    rejected += each.rejected;
  }
  if (flows == 0) return std::numeric_limits<double>::infinity();
  return (sum_s + rejected * slowest_s) / (flows + rejected);
}

}  // namespace

double MeanLogCost(const std::vector<TraceOutcome>& outcomes) {
  double sum = 0;
  for (const TraceOutcome& outcome : outcomes) sum += std::log(MeanWithRejected(outcome));
  return sum / outcomes.size();
}

}  // namespace evenkeel
