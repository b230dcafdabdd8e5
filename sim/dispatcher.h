// The seam between the simulated cluster and whoever balances it. The cluster knows no load balancer: it asks
// a Dispatcher for a server per flow and tells it what a load balancer on the path would see.
#ifndef EVENKEEL_SIM_DISPATCHER_H_
#define EVENKEEL_SIM_DISPATCHER_H_

#include <cstdint>

namespace evenkeel::sim {

// One request, decided before the run and independent of any policy.
struct Flow {
  double arrival_s;     // s since the episode's start
  float work_s;         // seconds of one vCPU at speed 1
  uint16_t lb;          // which load balancer it was hashed to
  uint16_t flow_class;  // index into WorkloadOptions::classes
};

constexpr int kNoServer = -1;

// All calls come from Cluster::AdvanceTo, in order of time, on its thread. `flow_id` is the index of the flow
// in the run and names it in all later calls. An implementation must not call back into Cluster::AdvanceTo.
class Dispatcher {
 public:
  virtual ~Dispatcher() = default;

  // The server for a new flow, or kNoServer to drop it (counted as rejected). Called at the flow's arrival;
  // the pick itself makes no count: OnOpened does, later by the round trip.
  virtual int Pick(double now_s, uint64_t flow_id, const Flow& flow) = 0;

  // The load balancer sees the connection established. Always before OnFinished or OnRejected of the same
  // flow.
  virtual void OnOpened(double now_s, uint64_t flow_id, const Flow& flow, int server) = 0;

  // The load balancer sees the flow end (FIN lag included). `duration_s`: from arrival to the end of service.
  virtual void OnFinished(double now_s, uint64_t flow_id, const Flow& flow, int server,
                          double duration_s) = 0;

  // The server refused the flow (backlog full) or reset it (server removed).
  virtual void OnRejected(double now_s, uint64_t flow_id, const Flow& flow, int server) = 0;
};

}  // namespace evenkeel::sim

#endif  // EVENKEEL_SIM_DISPATCHER_H_
