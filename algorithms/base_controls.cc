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

// How much of [begin, end) of the circle lies in the arc of `agent` where `lbs` LBs share every point.
double InArc(double begin, double end, int agent, int agents, double lbs) {
  const double length = lbs / agents, from = (agent + 0.5) / agents - length / 2, to = from + length;
  return Common(begin - 1, end - 1, from, to) + Common(begin, end, from, to) + Common(begin + 1, end + 1, from, to);
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
  // Only arcs of whole numbers of LBs cover every point alike; another number is a blend of its two neighbours.
  const double whole = std::floor(lbs_per_server), blend = lbs_per_server - whole;
  std::vector<double> overlap(capacities.size());
  double begin = 0;
  for (int server : CircleOrder(static_cast<int>(capacities.size()))) {
    const double end = begin + capacities[server] / total;
    overlap[server] = (1 - blend) * InArc(begin, end, agent, agents, whole);
    if (blend > 0) overlap[server] += blend * InArc(begin, end, agent, agents, whole + 1);
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
    case v1::Agent::POLICY:
      return ArcControls(context, available);
    default:
      return absl::InvalidArgumentError("agent.base_weight is not set: ONE, NOMINAL, ARC or POLICY");
  }
}

}  // namespace evenkeel
