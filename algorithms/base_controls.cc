#include "algorithms/base_controls.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace evenkeel {
namespace {

constexpr double kGoldenRatio = 0.6180339887498949;

// The servers in the order in which they lie on the circle.
std::vector<int> CircleOrder(int servers) {
  std::vector<int> order(servers);
  std::iota(order.begin(), order.end(), 0);
  const auto place = [](int server) { return std::fmod((server + 1) * kGoldenRatio, 1.0); };
  std::sort(order.begin(), order.end(), [&](int a, int b) { return place(a) < place(b); });
  return order;
}

// Common length of [begin, end) and [from, to) on a line.
double Common(double begin, double end, double from, double to) {
  return std::max(0.0, std::min(end, to) - std::max(begin, from));
}

}  // namespace

double DefaultLbsPerServer(int agents) {
  return std::clamp(std::round(1.5 * std::pow(agents, 0.4)), 1.0, static_cast<double>(agents));
}

double LbsPerServer(const v1::Arc& settings, int agents) {
  if (!settings.has_lbs_per_server()) return DefaultLbsPerServer(agents);
  return std::clamp(settings.lbs_per_server(), 1.0, static_cast<double>(agents));
}

std::vector<double> ArcOverlap(absl::Span<const float> capacities, int agent, int agents, double lbs_per_server) {
  assert(agent >= 0 && agent < agents && lbs_per_server >= 1 && lbs_per_server <= agents);
  const double total = std::accumulate(capacities.begin(), capacities.end(), 0.0);
  assert(total > 0);
  const double length = lbs_per_server / agents;
  const double from = (agent + 0.5) / agents - length / 2, to = from + length;
  std::vector<double> overlap(capacities.size());
  double begin = 0;
  for (int server : CircleOrder(static_cast<int>(capacities.size()))) {
    const double end = begin + capacities[server] / total;
    for (int turn : {-1, 0, 1}) overlap[server] += Common(begin + turn, end + turn, from, to);
    begin = end;
  }
  return overlap;
}

BaseControls ArcControls(const PolicyContext& context, absl::Span<const float> available) {
  std::vector<float> capacities = context.nominal_weights;
  const bool any = std::any_of(available.begin(), available.end(), [](float value) { return value != 0; });
  for (int j = 0; any && j < context.servers; ++j) {
    if (available[j] == 0) capacities[j] = 0;
  }
  BaseControls base;
  base.lbs_per_server = LbsPerServer(context.experiment->algorithm().arc(), context.agents);
  const std::vector<double> overlap =
      ArcOverlap(capacities, context.agent, context.agents, base.lbs_per_server);
  base.weights.assign(overlap.begin(), overlap.end());
  return base;
}

absl::StatusOr<BaseControls> MakeBaseControls(const PolicyContext& context, absl::Span<const float> available) {
  BaseControls base;
  base.lbs_per_server = context.agents;
  switch (context.experiment->agent().base_weight()) {
    case v1::Agent::ONE:
      base.weights.assign(context.servers, 1.0f);
      return base;
    case v1::Agent::NOMINAL:
      base.weights = context.nominal_weights;
      return base;
    case v1::Agent::ARC:
      return ArcControls(context, available);
    default:
      return absl::InvalidArgumentError("agent.base_weight is not set: ONE, NOMINAL or ARC");
  }
}

}  // namespace evenkeel
