// What an agent's actions start from: the base weight of each server, which a level multiplies, and how many LBs share a
// server, which tells how much of a server's load an LB does not see. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_BASE_CONTROLS_H_
#define EVENKEEL_ALGORITHMS_BASE_CONTROLS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "algorithms/algorithm.h"

namespace evenkeel {

// How many LBs' arcs overlap a server unless algorithm.arc.lbs_per_server says: round(1.5 m^0.4), 1 .. m
// (affinity.md section 1).
double DefaultLbsPerServer(int agents);

// The arc of one of m LBs. The servers lie on a circle, each as long as its share of the capacity, in golden-ratio order,
// so that neighbours in the topology, which tend to be alike, lie apart. LB i covers k/m of the circle, centred at
// (i + 1/2) / m; overlap[j] >= 0 is how much of server j it covers. Every point is covered by k LBs, so over all
// LBs the overlaps of a server add up to k times its share; for a k between two whole numbers the arcs of both are blended,
// which keeps that so. REQUIRES: 0 <= agent < agents, 1 <= k <= m,
// capacities >= 0 with at least one above 0 (a server of capacity 0 is nowhere).
std::vector<double> ArcOverlap(absl::Span<const float> capacities, int agent, int agents, double lbs_per_server);

// The k of algorithm.arc for m LBs: as set, at most m; else the default.
double LbsPerServer(const v1::Arc& settings, int agents);

struct BaseControls {
  std::vector<float> weights;  // [n] above 0; with arcs 0 outside the LB's own
  std::vector<float> biases;   // [n] flows; empty: none
  double lbs_per_server = 1;   // how many LBs share a server
};

// The arc of context.agent over the servers with available[j] != 0, cut anew without those that left; where
// none is available all count as there. REQUIRES: `available` [n].
BaseControls ArcControls(const PolicyContext& context, absl::Span<const float> available);

// The base of agent.base_weight for the servers with available[j] != 0 (arcs as ArcControls). Of POLICY it is the arc, whose
// place the policy's own controls take at every step (agent_inputs.h). INVALID_ARGUMENT: base_weight is unset.
absl::StatusOr<BaseControls> MakeBaseControls(const PolicyContext& context, absl::Span<const float> available);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_BASE_CONTROLS_H_
