// Dispatchers for tests of the cluster.
#ifndef EVENKEEL_SIM_TESTING_DISPATCHER_H_
#define EVENKEEL_SIM_TESTING_DISPATCHER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "sim/arrival_source.h"
#include "sim/cluster.h"

namespace evenkeel::sim {

// Picks by `pick` (server 0 unless set) and remembers all it is told.
class Recorder : public Dispatcher {
 public:
  enum Kind { PICKED, OPENED, FINISHED, REJECTED };
  struct Record {
    Kind kind;
    double time_s;
    uint64_t flow_id;
    int server;
    double duration_s;

    bool operator==(const Record& other) const {
      return kind == other.kind && time_s == other.time_s && flow_id == other.flow_id &&
             server == other.server && duration_s == other.duration_s;
    }
  };

  std::function<int(uint64_t flow_id, const Flow& flow)> pick = [](uint64_t, const Flow&) { return 0; };
  std::vector<Record> records;

  int Pick(double now_s, uint64_t flow_id, const Flow& flow) override {
    const int server = pick(flow_id, flow);
    records.push_back({PICKED, now_s, flow_id, server, 0});
    return server;
  }
  void OnOpened(double now_s, uint64_t flow_id, const Flow&, int server) override {
    records.push_back({OPENED, now_s, flow_id, server, 0});
  }
  void OnFinished(double now_s, uint64_t flow_id, const Flow&, int server, double duration_s) override {
    records.push_back({FINISHED, now_s, flow_id, server, duration_s});
  }
  void OnRejected(double now_s, uint64_t flow_id, const Flow&, int server) override {
    records.push_back({REJECTED, now_s, flow_id, server, 0});
  }

  std::vector<Record> Of(Kind kind) const {
    std::vector<Record> chosen;
    for (const Record& record : records) {
      if (record.kind == kind) chosen.push_back(record);
    }
    return chosen;
  }

  // The flows of which `kind` was told, in that order.
  std::vector<uint64_t> FlowsOf(Kind kind) const {
    std::vector<uint64_t> flows;
    for (const Record& record : Of(kind)) flows.push_back(record.flow_id);
    return flows;
  }
};

inline std::unique_ptr<ArrivalSource> Arrivals(std::vector<Flow> flows) {
  return std::make_unique<FlowList>(std::move(flows));
}

// One server of `vcpus`, otherwise the defaults.
inline ServerOptions ServerOf(int vcpus, int workers = 32, int backlog = 128) {
  ServerOptions options;
  options.vcpus = vcpus;
  options.workers = workers;
  options.backlog = backlog;
  return options;
}

}  // namespace evenkeel::sim

#endif  // EVENKEEL_SIM_TESTING_DISPATCHER_H_
