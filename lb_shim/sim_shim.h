// The data plane of one load balancer in a simulated world.
#ifndef EVENKEEL_LB_SHIM_SIM_SHIM_H_
#define EVENKEEL_LB_SHIM_SIM_SHIM_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/types/span.h"
#include "common/rng.h"
#include "lb_shim/decision_costs.h"
#include "lb_shim/flow_observer.h"
#include "lb_shim/flow_table.h"
#include "lb_shim/lb_shim.h"
#include "lb_shim/reservoir.h"
#include "lb_shim/sed.h"
#include "sim/cluster.h"
#include "sim/dispatcher.h"

namespace evenkeel {

// LbShim over sim/: decides with sed.h and counts with FlowTable, as a real data plane would; sees its own
// flows only. The exceptions are named: dispatch modes TRUE_COUNTS and LEAST_ADDED_DELAY read the cluster
// itself, and so do the probe of busy workers and the costs where they are on.
//
// The On... and Pick calls come from the cluster that it reads, in order of time. Not thread-safe.
class SimShim : public LbShim {
 public:
  struct Options {
    int servers = 0;                // n
    size_t max_open_flows = 65536;  // capacity of the flow table
    Reservoir::Options reservoir;
    bool probe_workers = false;  // fill Observation.busy_workers (awcmp)
    bool exchange = false;       // fill the others' fields of Observation, and let ReceiveCounts be called
    bool measure_costs = false;  // TakeCosts gives them, else nothing
  };

  // `cluster` outlives this. Runs `controls` until the first Apply; all servers count as available until
  // UpdateAvailability. REQUIRES: `controls` would be accepted by Apply.
  SimShim(const Options& options, const v1::Controls& controls, const Rng& dispatch_rng,
          const Rng& reservoir_rng, const sim::Cluster* cluster);

  absl::Status Observe(v1::Observation* observation) override;

  // Accepts every mode; see LbShim.
  absl::Status Apply(const v1::Controls& controls) override;

  // The server for a new flow, or sim::kNoServer if none may be picked.
  int Pick(const sim::Flow& flow);

  void OnOpened(double now_s, uint64_t flow_id, int server);
  void OnFinished(double now_s, uint64_t flow_id, int server, double duration_s);
  void OnRejected(double now_s, uint64_t flow_id, int server);

  // The others' open flows [n], as they were age_s ago, have arrived. Folds them into the smoothed counts, which start at 0:
  // exchange_smoothing x old + the rest x new; from now on exchange_gain x these is added to the biases, and until they are
  // exchange_fresh_seconds old also exchange_fresh_gain x (new - smoothed). All as in the controls in force.
  // REQUIRES: options.exchange.
  void ReceiveCounts(const uint32_t* others_open_flows, double age_s);

  // [n] own open flows now; valid as long as this.
  const uint32_t* open_flows() const { return flows_.open_flows(); }

  // By what the weights in force were multiplied [n], above 0, as DecisionCosts asks; all 1 until the next call.
  void SetFactors(absl::Span<const float> factors) { factors_.assign(factors.begin(), factors.end()); }

  // What the flows sent since the last call cost; gains of shortest expected delay only, 0 in other modes.
  DecisionCosts TakeCosts();

  // [n] 1 = takes new flows. A server that comes back starts without a past.
  void UpdateAvailability(const std::vector<uint8_t>& available);

 private:
  int PickByTrueCounts();
  int PickByAddedDelay(float work_s);
  double Delay(int server, float work_s) const;
  void AddCosts(int server, float work_s);
  void Uncount(double now_s, uint64_t flow_id, int server);
  void FillTable();

  const Options options_;
  const sim::Cluster* const cluster_;
  v1::Controls controls_;
  v1::DispatchMode mode_;
  sed_table table_;
  std::vector<uint8_t> available_;
  FlowTable flows_;
  FlowObserver observer_;
  Rng dispatch_rng_;
  std::vector<float> others_;           // [n] the others' open flows as last received; empty without exchange
  std::vector<float> smoothed_others_;  // [n] or empty
  std::vector<double> exchanged_;       // [n] or empty: what is added to the biases
  double others_age_s_ = 0;             // of those when they came
  double fresh_until_s_ = -1;           // until then others_ counts besides; negative: it does not
  DecisionCosts costs_;
  std::vector<float> factors_;          // [n] or empty: all 1
  std::vector<double> scores_;          // scratch
  std::vector<uint32_t> true_counts_;   // scratch
};

}  // namespace evenkeel

#endif  // EVENKEEL_LB_SHIM_SIM_SHIM_H_
