// Gathers what one LB sees of its own flows, and writes it as the v1::Observation of a step.
#ifndef EVENKEEL_LB_SHIM_FLOW_OBSERVER_H_
#define EVENKEEL_LB_SHIM_FLOW_OBSERVER_H_

#include <cstdint>
#include <vector>

#include "common/rng.h"
#include "lb_shim/reservoir.h"
#include "protos/transition.pb.h"

namespace evenkeel {

// Per server: counters of the current step, the exact time integral of the open flows, and a reservoir of
// durations that outlives the step. Times must not decrease. Not thread-safe.
class FlowObserver {
 public:
  // `rng` decides which durations the reservoirs keep.
  FlowObserver(int servers, const Reservoir::Options& reservoir, const Rng& rng);

  // A new flow was sent to the server.
  void Sent(int server) { ++servers_[server].sent; }

  // The server's count of open flows changes now; it was `open_flows` since the last call (or since the step
  // began).
  void CountChanges(double now_s, int server, uint32_t open_flows) {
    Server& counters = servers_[server];
    counters.open_flow_seconds += open_flows * (now_s - counters.counted_to_s);
    counters.counted_to_s = now_s;
  }

  // A flow ended after duration_s.
  void Finished(double now_s, int server, double duration_s) {
    Server& counters = servers_[server];
    ++counters.finished;
    counters.duration_sum_s += duration_s;
    counters.durations.Add(now_s, duration_s, &rng_);
  }

  // The server refused or reset a flow.
  void Rejected(int server) { ++servers_[server].rejected; }

  // What is known of the server's durations says nothing about it any more: it was replaced or came back.
  void ForgetDurations(int server) { servers_[server].durations.Clear(); }

  // Replaces every field of *observation but busy_workers and those of the others, which it empties; then begins
  // the next step.
  // `open_flows`, `available`: [n], now.
  void Fill(double now_s, const uint32_t* open_flows, const std::vector<uint8_t>& available,
            v1::Observation* observation);

 private:
  struct Server {
    explicit Server(const Reservoir::Options& options) : durations(options) {}

    double counted_to_s = 0;
    double open_flow_seconds = 0;
    double duration_sum_s = 0;
    uint32_t sent = 0;
    uint32_t finished = 0;
    uint32_t rejected = 0;
    Reservoir durations;
  };

  std::vector<Server> servers_;
  Rng rng_;
  double step_began_s_ = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_LB_SHIM_FLOW_OBSERVER_H_
