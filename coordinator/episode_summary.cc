#include "coordinator/episode_summary.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <numeric>
#include <vector>

namespace evenkeel {
namespace {

// REQUIRES: `sorted` is not empty.
double Percentile(const std::vector<float>& sorted, double share) {
  const double position = share * (sorted.size() - 1);
  const size_t below = static_cast<size_t>(position);
  const size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
}

}  // namespace

v1::EpisodeSummary SummarizeEpisode(const WorldStatistics& statistics) {
  std::vector<float> durations_s;
  uint64_t rejected = 0;
  for (const WorldStatistics::ClassStatistics& flow_class : statistics.classes) {
    durations_s.insert(durations_s.end(), flow_class.durations_s.begin(), flow_class.durations_s.end());
    rejected += flow_class.rejected;
  }
  std::sort(durations_s.begin(), durations_s.end());

  const double none = std::numeric_limits<double>::quiet_NaN();
  const bool any = !durations_s.empty();
  v1::EpisodeSummary summary;
  summary.set_jct_mean_s(
      any ? std::accumulate(durations_s.begin(), durations_s.end(), 0.0) / durations_s.size() : none);
  summary.set_jct_p50_s(any ? Percentile(durations_s, 0.50) : none);
  summary.set_jct_p90_s(any ? Percentile(durations_s, 0.90) : none);
  summary.set_jct_p99_s(any ? Percentile(durations_s, 0.99) : none);
  summary.set_flows_finished(durations_s.size());
  summary.set_flows_rejected(rejected);
  return summary;
}

}  // namespace evenkeel
