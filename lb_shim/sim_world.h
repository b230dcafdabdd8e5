// A simulated world: one cluster, m load balancers in front of it, one LbShim each.
#ifndef EVENKEEL_LB_SHIM_SIM_WORLD_H_
#define EVENKEEL_LB_SHIM_SIM_WORLD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "lb_shim/decision_costs.h"
#include "lb_shim/lb_shim.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

// Which random streams a world draws from. Two worlds with the same seed and experiment see the same arrivals
// whatever the policies do (paired traces).
struct WorldSeed {
  // Arrivals, work, hashing to LBs, co-location, ties, reservoirs, exchange. Experiment.seed is not used
  // here: whoever wants other traces for another root seed derives trace_seed from both.
  uint64_t trace_seed = 0;

  // Streams of training and held-out worlds differ even for the same trace_seed, so training can never draw a
  // held-out trace; with a trace file true also means its held-out part, false its training part.
  bool held_out = false;
};

// What came of the flows that arrived in a window of a world.
struct WorldStatistics {
  struct ClassStatistics {
    std::string name;
    std::vector<float> durations_s;  // job completion times of finished flows, in order of finishing
    uint64_t rejected = 0;
  };
  std::vector<ClassStatistics> classes;
  std::vector<double> server_busy_share;  // [n] mean share of each server's capacity in use, 0..1
  std::vector<double> server_flows;       // [n] flows dispatched
};

// Where agent.exchange is set, or the algorithm is sed_exchange, the LBs exchange counts as topology.exchange
// says (count_exchange.h); each update acts on its LB at once, also in the middle of a step.
//
// Not thread-safe; different worlds are independent and may live on different threads.
class SimWorld {
 public:
  // Builds the world of `experiment` (fully resolved: every field that has a default is set).
  // INVALID_ARGUMENT names the field; trace errors name file and line.
  static absl::StatusOr<std::unique_ptr<SimWorld>> Create(const v1::Experiment& experiment,
                                                          const WorldSeed& seed);

  virtual ~SimWorld() = default;

  virtual int lbs() const = 0;
  virtual int servers() const = 0;

  // What the LBs are told of the servers' relative capacities: [n], topology.servers.nominal_weight.
  virtual const std::vector<float>& nominal_weights() const = 0;

  // The data plane of one LB; owned by the world. Until the first Apply it runs SHORTEST_EXPECTED_DELAY with
  // the nominal weights.
  virtual LbShim* lb(int index) = 0;

  // Plays all events up to and including `time_s` seconds after the start. Counts are exchanged after all
  // else that happens at the same time.
  virtual void AdvanceTo(double time_s) = 0;

  // SimShim::SetFactors of one LB. REQUIRES: one factor per server.
  virtual void SetFactors(int lb, absl::Span<const float> factors) = 0;

  // Of all LBs' flows since the last call, gains [m, n]; 0 and empty unless it is a training world and reward.kind reads them:
  // measuring costs several times as much as the rest of a decision.
  virtual DecisionCosts TakeCosts() = 0;

  // Forgets all that was counted so far; flows that arrived before now never enter the statistics (end of
  // warm-up).
  virtual void ResetStatistics() = 0;

  virtual const WorldStatistics& statistics() = 0;
};

// The nominal weights of a topology, [n], without building a world.
std::vector<float> NominalWeights(const v1::Topology& topology);

}  // namespace evenkeel

#endif  // EVENKEEL_LB_SHIM_SIM_WORLD_H_
