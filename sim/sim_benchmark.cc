#include "sim/sim_benchmark.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "sim/cluster.h"
#include "sim/workload.h"

namespace evenkeel::sim {
namespace {

constexpr int kRepetitions = 7;

struct Scene {
  std::string name;
  ClusterOptions cluster;
  WorkloadOptions workload;
  double step_s;  // simulated time per iteration
};

// Every load balancer keeps (count + 1) / weight per server, where weight is the number of vCPUs.
class ShortestExpectedDelay : public Dispatcher {
 public:
  ShortestExpectedDelay(size_t lbs, const std::vector<ServerOptions>& servers)
      : servers_(servers.size()), scores_(lbs * servers.size()) {
    for (size_t i = 0; i < scores_.size(); ++i) {
      delays_.push_back(static_cast<float>(1.0 / servers[i % servers_].vcpus));
      scores_[i] = delays_[i];
    }
  }

  int Pick(double, uint64_t, const Flow& flow) override {
    const float* scores = &scores_[flow.lb * servers_];
    int best = 0;
    float least = scores[0];
    for (size_t i = 1; i < servers_; ++i) {
      const bool better = scores[i] < least;
      best = better ? static_cast<int>(i) : best;
      least = better ? scores[i] : least;
    }
    return best;
  }

  void OnOpened(double, uint64_t, const Flow& flow, int server) override { Count(flow, server, 1); }
  void OnFinished(double, uint64_t, const Flow& flow, int server, double) override {
    Count(flow, server, -1);
  }
  void OnRejected(double, uint64_t, const Flow& flow, int server) override { Count(flow, server, -1); }

 private:
  void Count(const Flow& flow, int server, float change) {
    const size_t i = flow.lb * servers_ + server;
    scores_[i] += change * delays_[i];
  }

  const size_t servers_;
  std::vector<float> delays_;
  std::vector<float> scores_;
};

// All vCPUs of a server together are worth `worth` of as many; a flow alone runs at speed 1.
void AddServers(int count, int vcpus, double worth, std::vector<ServerOptions>* servers) {
  ServerOptions server;
  server.vcpus = vcpus;
  for (int flows = 1; flows <= vcpus; ++flows)
    server.speed_table.push_back(std::min<double>(flows, worth * vcpus));
  servers->insert(servers->end(), count, server);
}

FlowClassOptions Class(const std::string& name, double share, double mean_s) {
  FlowClassOptions options;
  options.name = name;
  options.share = share;
  options.mean_s = mean_s;
  return options;
}

// The two settings of the paper's evaluation, with work and speed calibrated to its response times.
Scene Moderate() {
  Scene scene{"sim.flows_per_s.n7", {}, {}, 100};
  AddServers(4, 2, 1, &scene.cluster.servers);
  AddServers(3, 4, 1, &scene.cluster.servers);
  scene.workload.flows_per_second = 690.9;
  scene.workload.classes = {Class("wiki", 0.433, 0.052), Class("static", 0.567, 0.0017)};
  scene.workload.lb_shares.assign(2, 1.0);
  return scene;
}

Scene Large() {
  Scene scene{"sim.flows_per_s.n24", {}, {}, 100};
  AddServers(12, 4, 0.83, &scene.cluster.servers);
  AddServers(12, 8, 0.83, &scene.cluster.servers);
  scene.workload.flows_per_second = 398.5;
  scene.workload.classes = {Class("flow", 1, 0.265)};
  scene.workload.lb_shares.assign(6, 1.0);
  return scene;
}

void Play(const Scene& scene, benchmark::State& state) {
  ShortestExpectedDelay dispatcher(scene.workload.lb_shares.size(), scene.cluster.servers);
  auto arrivals = MakeWorkload(scene.workload, /*seed=*/1);
  auto cluster = Cluster::Create(scene.cluster, *std::move(arrivals), /*seed=*/1, &dispatcher);
  double end_s = 0;
  for (auto _ : state) (*cluster)->AdvanceTo(end_s += scene.step_s);
  state.SetItemsProcessed(static_cast<int64_t>((*cluster)->flows_arrived()));
}

// Keeps items_per_second of each repetition.
class RateCollector : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type == Run::RT_Iteration) rates_.push_back(run.counters.at("items_per_second"));
    }
  }

  double Median() {
    std::nth_element(rates_.begin(), rates_.begin() + rates_.size() / 2, rates_.end());
    return rates_[rates_.size() / 2];
  }

 private:
  std::vector<double> rates_;
};

}  // namespace

std::vector<BenchmarkResult> BenchmarkSimFlows() {
  std::vector<BenchmarkResult> results;
  for (const Scene& scene : {Moderate(), Large()}) {
    benchmark::RegisterBenchmark(scene.name.c_str(), [scene](benchmark::State& state) { Play(scene, state); })
        ->Repetitions(kRepetitions)
        ->MinTime(0.15);
    RateCollector collector;
    benchmark::RunSpecifiedBenchmarks(&collector, scene.name);
    benchmark::ClearRegisteredBenchmarks();
    results.push_back({scene.name, collector.Median(), "flows/s"});
  }
  return results;
}

}  // namespace evenkeel::sim
