// An exact event-driven model of servers behind load balancers.
#ifndef EVENKEEL_SIM_CLUSTER_H_
#define EVENKEEL_SIM_CLUSTER_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "common/rng.h"
#include "sim/arrival_source.h"
#include "sim/cluster_options.h"
#include "sim/departure_tree.h"
#include "sim/dispatcher.h"
#include "sim/server.h"

namespace evenkeel::sim {

// Every flow of `arrivals` is given to the server that the dispatcher picks, at its arrival; the round trip
// and the FIN lag delay only what the dispatcher is told. Of things that happen at the same time, server
// events come first, then delayed notices, then departures, then arrivals. Same options, arrivals, seed and
// picks: same run, bit for bit.
//
// A flow for which the dispatcher picks kNoServer is counted as rejected and heard of no more. A flow for a
// server that is full, drained, removed or not there yet is opened (after the round trip) and then rejected.
// A flow's end is told fin_lag_s after it and never before its opening; a reset is told at once, and never
// before either.
//
// Not thread-safe. Memory: proportional to the flows that are in the cluster at once.
class Cluster {
 public:
  // `seed` names the random streams of COLOCATION, nothing else. `dispatcher` outlives the cluster.
  // INVALID_ARGUMENT: see Validate.
  static absl::StatusOr<std::unique_ptr<Cluster>> Create(const ClusterOptions& options,
                                                         std::unique_ptr<ArrivalSource> arrivals,
                                                         uint64_t seed, Dispatcher* dispatcher);

  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // Plays everything that happens up to and including `time_s`. REQUIRES: finite, not before now_s().
  void AdvanceTo(double time_s);

  // The time of the event being played, inside a call to the dispatcher; else what was last advanced to.
  double now_s() const { return now_s_; }

  // What is true, for dispatchers that cheat, probes and statistics. May be called by the dispatcher at any
  // time.
  int servers() const { return static_cast<int>(servers_.size()); }
  bool available(int server) const { return states_[server].available; }  // takes new flows
  int flows(int server) const {
    return busy_workers(server) + servers_[server].waiting();
  }  // in service or waiting
  int busy_workers(int server) const { return servers_[server].busy_workers(); }
  double rate(int server) const { return servers_[server].rate(); }  // work seconds per second being done now
  double speed_factor(int server) const {
    return servers_[server].speed_factor();
  }  // 1 unless an event changed it

  // By how many seconds a flow of `work_s` given to `server` now would lengthen the sum of all flows' times,
  // its own included, if nothing came after it and the speed stayed: exact, backlog included. kNever: it
  // would be refused.
  double AddedDelay(int server, double work_s) const {
    return available(server) ? servers_[server].AddedDelay(now_s_, work_s) : kNever;
  }

  double WorkDone(int server) const {
    return servers_[server].WorkDone(now_s_);
  }  // work seconds since the start

  // The share of the server's throughput (at its speed factor then) in use, integrated since the start, in
  // seconds.
  double BusySeconds(int server) const { return servers_[server].BusySeconds(now_s_); }

  // Since the start: flows_arrived() == flows_finished() + flows_rejected() + those in the servers. Counted
  // when they happen, not when the dispatcher is told.
  uint64_t flows_arrived() const { return arrived_; }
  uint64_t flows_finished() const { return finished_; }
  uint64_t flows_rejected() const { return rejected_; }

 private:
  struct Job {
    Flow flow;
    uint64_t flow_id;
  };

  // What the dispatcher is told later.
  struct Notice {
    enum Kind { OPENED, FINISHED, REJECTED };
    double time_s;
    uint64_t number;  // orders notices of equal time as they were made
    Kind kind;
    int server;
    Job job;
    double duration_s;

    bool operator<(const Notice& other) const {  // the standard heap keeps the greatest first
      return time_s != other.time_s ? time_s > other.time_s : number > other.number;
    }
  };

  // A change of a server that is due.
  struct Change {
    double time_s;
    uint64_t number;  // orders changes of equal time
    ServerEvent event;
    bool is_toggle;       // a neighbour comes or goes
    uint64_t generation;  // of the COLOCATION that a toggle belongs to

    bool operator<(const Change& other) const {
      return time_s != other.time_s ? time_s > other.time_s : number > other.number;
    }
  };

  struct ServerState {
    bool available = true;
    double set_factor = 1;           // by SET_SPEED
    bool neighbour_present = false;  // by COLOCATION
    uint64_t colocation_generation = 0;
    ServerEvent colocation;
    Rng rng;

    explicit ServerState(Rng stream) : rng(stream) {}
  };

  static constexpr size_t kBatch = 256;

  Cluster(const ClusterOptions& options, std::unique_ptr<ArrivalSource> arrivals, uint64_t seed,
          Dispatcher* dispatcher);

  double next_arrival_s() const { return batch_[position_].arrival_s; }
  void PullArrivals();
  void PlayArrival();
  void PlayDeparture();

  uint32_t StoreJob(const Job& job);
  Job TakeJob(uint32_t index);

  // Tell the dispatcher now, or later if there are delays.
  void Opened(const Job& job, int server);
  void Finished(const Job& job, int server);
  void Rejected(const Job& job, int server);
  void Notify(const Notice& notice);
  void Deliver(const Notice& notice);

  // Server events and notices, which are rare or absent.
  void PlayOther();
  void UpdateNextOther();
  void Schedule(double time_s, const ServerEvent& event, bool is_toggle, uint64_t generation);
  void Apply(const Change& change);
  void Remove(int server);
  void StartColocation(const ServerEvent& event);
  void ScheduleToggle(int server);
  void ApplySpeed(int server);

  double now_s_ = 0;
  double next_other_s_ = kNever;  // the first of changes_ and notices_
  Dispatcher* const dispatcher_;
  const double round_trip_s_;
  const double fin_lag_s_;
  std::vector<Server> servers_;
  DepartureTree departures_;
  std::vector<ServerState> states_;

  std::unique_ptr<ArrivalSource> arrivals_;
  std::array<Flow, kBatch + 1> batch_;  // batch_[batch_size_] arrives never, so the end needs no test
  size_t batch_size_ = 0;
  size_t position_ = 0;

  std::vector<Job> jobs_;  // of the flows in the servers, by Server::Job
  std::vector<uint32_t> free_jobs_;

  std::vector<Notice> notices_;  // heap
  std::vector<Change> changes_;  // heap
  uint64_t next_number_ = 0;

  uint64_t arrived_ = 0;
  uint64_t finished_ = 0;
  uint64_t rejected_ = 0;
};

}  // namespace evenkeel::sim

#endif  // EVENKEEL_SIM_CLUSTER_H_
