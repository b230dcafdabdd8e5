// Arrivals of an episode, replayed from a trace.
#ifndef EVENKEEL_SIM_TRACE_WORKLOAD_H_
#define EVENKEEL_SIM_TRACE_WORKLOAD_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "sim/arrival_source.h"
#include "sim/trace_reader.h"

namespace evenkeel::sim {

struct TraceWindowOptions {
  double episode_s = 60;                // how much simulated time the episode will play
  double speedup = 1;                   // the trace's times are divided by this
  double held_out_share = 0.3;          // 0..1: the last part of the trace's time span, kept for evaluation
  bool held_out = false;                // take the window from that part, else from the part before it
  std::vector<double> lb_shares = {1};  // relative share of the flows of each load balancer
};

// Plays the trace from a random offset in its part, so that the episode fits before the part's end; where the
// part is shorter than the episode it starts anywhere and goes on from the part's beginning, as often as
// needed (so the source never ends). Flows are hashed to load balancers at random. Offset and hashing are
// drawn from `seed`; the same arguments give the same flows, bit for bit. All flows are of class 0.
// INVALID_ARGUMENT names the field; also if the part holds no request or has no length.
absl::StatusOr<std::unique_ptr<ArrivalSource>> MakeTraceWorkload(std::shared_ptr<const Trace> trace,
                                                                 const TraceWindowOptions& options,
                                                                 uint64_t seed);

}  // namespace evenkeel::sim

#endif  // EVENKEEL_SIM_TRACE_WORKLOAD_H_
