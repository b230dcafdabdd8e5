// What a simulated cluster is made of, and what happens to its servers during an episode.
#ifndef EVENKEEL_SIM_CLUSTER_OPTIONS_H_
#define EVENKEEL_SIM_CLUSTER_OPTIONS_H_

#include <vector>

#include "absl/status/status.h"

namespace evenkeel::sim {

struct ServerOptions {
  int workers =
      32;  // flows in service at once (Apache mpm_prefork's 32 processes, as in the paper's testbed)
  int backlog = 128;  // flows that wait, first come first served, beyond the workers; one more is refused
  int vcpus = 2;      // flows in service that run at full speed at once
  double speed = 1;   // work seconds done per second by one vCPU

  // The first half of the vCPUs (rounded up) run at 1, each of the others adds so much, 0..1. 1: all are
  // real.
  double hyper_thread_gain = 1;

  // Total throughput, in vCPUs, with 1, 2, ... flows in service; the last entry holds beyond. Replaces vcpus
  // and hyper_thread_gain unless empty.
  std::vector<double> speed_table;
};

struct ServerEvent {
  enum Kind {
    SET_SPEED,   // the server runs at `factor` times its speed from now on (1: as at the start)
    DRAIN,       // refuses new flows, finishes those it has
    REMOVE,      // gone: refuses new flows and resets those it has
    ADD,         // takes flows from now on
    COLOCATION,  // a neighbour comes and goes: `factor` while it is there, on `share` of the time, `period_s`
                 // per visit. Visits and gaps are exponential and start in equilibrium. Multiplies with
                 // SET_SPEED. A later COLOCATION on the server replaces this one; share 0 ends it.
  };
  Kind kind = SET_SPEED;
  int server = 0;
  double at_s = 0;
  double factor = 1;     // > 0
  double share = 0;      // 0..1
  double period_s = 15;  // s, mean length of a visit
};

struct ClusterOptions {
  std::vector<ServerOptions> servers;

  // Applied by time, those of equal time in this order. A server whose first DRAIN, REMOVE or ADD is an ADD
  // is not there before it.
  std::vector<ServerEvent> events;

  double round_trip_s = 0;  // a flow is seen to open this long after it arrived
  double fin_lag_s = 0;     // a flow is seen to finish this long after its service ended
};

// INVALID_ARGUMENT names the field as an experiment file spells it, what it must be and what was found.
absl::Status Validate(const ClusterOptions& options);

// Work seconds per second with 0, 1, ..., options.workers flows in service, speed included.
// REQUIRES: valid options.
std::vector<double> Throughput(const ServerOptions& options);

}  // namespace evenkeel::sim

#endif  // EVENKEEL_SIM_CLUSTER_OPTIONS_H_
