// What decisions cost, exactly, as only a simulator can tell: what a training reward may pay for, and no agent sees.
#ifndef EVENKEEL_LB_SHIM_DECISION_COSTS_H_
#define EVENKEEL_LB_SHIM_DECISION_COSTS_H_

#include <vector>

namespace evenkeel {

// A rejected flow counts as one that lasted so long in every reward that measures durations or delays over all LBs, so that
// refusing flows never pays. It is the time-out of a flow in the paper's data plane and what its simulator books for a failed
// flow (method.md A11, E), and more than a server that is full lets the last flow wait at the paper's scales (160 flows
// ahead: 13 s).
inline constexpr double kRejectedFlowSeconds = 40;

// Over some flows, where the delay of a flow on a server is by how many seconds it would lengthen the sum of all flows' times,
// its own included (sim::Cluster::AddedDelay; kRejectedFlowSeconds at most).
struct DecisionCosts {
  // How much less the delays would have been had each flow gone where its delay is least.
  double regret_s = 0;

  // Per head (LB, server): how much more the delays would have been had this head alone not multiplied its weight by its factor,
  // every flow coming to the same counts as it did. Above 0: the factor was worth it. (The difference rewards of Wolpert and
  // Tumer, "Optimal payoff functions for members of collectives", 2001, for one decision at a time.)
  std::vector<float> gains_s;
};

}  // namespace evenkeel

#endif  // EVENKEEL_LB_SHIM_DECISION_COSTS_H_
