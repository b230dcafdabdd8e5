#include "lb_shim/shim_benchmark.h"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/rng.h"
#include "lb_shim/paper_worlds.h"
#include "lb_shim/sed.h"
#include "lb_shim/sed_control.h"
#include "lb_shim/sed_pick.h"
#include "lb_shim/sim_world.h"

namespace evenkeel {
namespace {

constexpr int kRepetitions = 7;
constexpr double kStepSeconds = 0.25;

// Keeps one number of each repetition: CPU nanoseconds per iteration, or items per CPU second where items are
// counted.
class Collector : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      const auto rate = run.counters.find("items_per_second");
      values_.push_back(rate == run.counters.end() ? run.GetAdjustedCPUTime() : rate->second.value);
    }
  }

  double Median() {
    std::nth_element(values_.begin(), values_.begin() + values_.size() / 2, values_.end());
    return values_[values_.size() / 2];
  }

 private:
  std::vector<double> values_;
};

BenchmarkResult Measure(const std::string& name, const std::string& unit,
                        const std::function<void(benchmark::State&)>& body) {
  benchmark::RegisterBenchmark(name.c_str(), body)->Repetitions(kRepetitions)->MinTime(0.2);
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector, name);
  benchmark::ClearRegisteredBenchmarks();
  return {name, collector.Median(), unit};
}

// Decides on snapshots of counts, taken while every pick ended the flow that began 3 n picks before: lifelike
// scores and ties.
void PickRepeatedly(int servers, benchmark::State& state) {
  constexpr size_t kSnapshots = 64;
  v1::Controls controls;
  for (int j = 0; j < servers; ++j) controls.add_servers()->set_weight(j < servers / 2 ? 1 : 2);
  sed_table table;
  FillSedTable(controls, std::vector<uint8_t>(servers, 1), {}, &table);
  std::vector<uint32_t> open(servers, 0);
  std::deque<int> in_flight;
  std::vector<uint32_t> snapshots;
  Rng rng(1);
  for (size_t i = 0; i < 6 * servers + kSnapshots; ++i) {
    in_flight.push_back(SedPick(table, open.data(), rng.Next()));
    ++open[in_flight.back()];
    if (i < 3u * servers) continue;
    --open[in_flight.front()];
    in_flight.pop_front();
    if (i >= 6u * servers) snapshots.insert(snapshots.end(), open.begin(), open.end());
  }
  size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(SedPick(table, snapshots.data() + next % kSnapshots * servers, rng.Next()));
    ++next;
  }
}

std::unique_ptr<SimWorld> MakeWorld(const v1::Experiment& experiment, benchmark::State& state) {
  absl::StatusOr<std::unique_ptr<SimWorld>> world = SimWorld::Create(experiment, WorldSeed());
  if (world.ok()) return *std::move(world);
  state.SkipWithError(world.status().ToString().c_str());
  return nullptr;
}

uint64_t Flows(SimWorld* world) {
  double flows = 0;
  for (double server_flows : world->statistics().server_flows) flows += server_flows;
  return static_cast<uint64_t>(flows);
}

void PlayFlows(const v1::Experiment& experiment, benchmark::State& state) {
  std::unique_ptr<SimWorld> world = MakeWorld(experiment, state);
  double now_s = 0;
  uint64_t flows = 0;
  for (auto _ : state) {
    world->AdvanceTo(now_s += 100);
    flows += Flows(world.get());
    world->ResetStatistics();
  }
  state.SetItemsProcessed(static_cast<int64_t>(flows));
}

v1::Experiment Bare(v1::Experiment experiment) {
  experiment.mutable_agent()->set_reservoir_samples(0);
  return experiment;
}

v1::Experiment Exchanging(v1::Experiment experiment) {
  experiment.mutable_agent()->set_exchange(true);
  experiment.mutable_topology()->mutable_exchange()->set_period_seconds(0.25);
  return Bare(std::move(experiment));
}

void PlaySteps(const v1::Experiment& experiment, benchmark::State& state) {
  std::unique_ptr<SimWorld> world = MakeWorld(experiment, state);
  v1::Controls controls;
  std::vector<v1::Observation> observations(experiment.topology().lbs());
  for (float weight : NominalWeights(experiment.topology())) controls.add_servers()->set_weight(weight);
  controls.set_exchange_gain(1);
  controls.set_exchange_smoothing(0.9f);
  double now_s = 0;
  for (auto _ : state) {
    world->AdvanceTo(now_s += kStepSeconds);
    for (int i = 0; i < world->lbs(); ++i) {
      if (!world->lb(i)->Observe(&observations[i]).ok() || !world->lb(i)->Apply(controls).ok()) {
        state.SkipWithError("a load balancer refused");
      }
    }
    if (static_cast<int64_t>(now_s) % 64 == 0) world->ResetStatistics();
  }
  state.SetItemsProcessed(static_cast<int64_t>(state.iterations()));
}

}  // namespace

std::vector<BenchmarkResult> BenchmarkSed() {
  std::vector<BenchmarkResult> results;
  for (int servers : {7, 24, 64}) {
    results.push_back(Measure("sed.pick_ns.n" + std::to_string(servers), "ns",
                              [servers](benchmark::State& state) { PickRepeatedly(servers, state); }));
  }
  return results;
}

std::vector<BenchmarkResult> BenchmarkSimSteps() {
  const v1::Experiment large = LargeExperiment();
  v1::Experiment m64 = large;
  m64.mutable_topology()->set_lbs(64);
  const std::pair<const char*, v1::Experiment> cases[] = {
      {"moderate", ModerateExperiment()},    {"large", large}, {"large_bare", Bare(large)},
      {"large_exchange", Exchanging(large)}, {"m64", m64},     {"m64_bare", Bare(m64)},
      {"m64_exchange", Exchanging(m64)}};
  std::vector<BenchmarkResult> results;
  for (const auto& one : cases) {
    results.push_back(Measure(std::string("sim.steps_per_s.") + one.first, "steps/s",
                              [&one](benchmark::State& state) { PlaySteps(one.second, state); }));
  }
  return results;
}

std::vector<BenchmarkResult> BenchmarkSimFlows() {
  return {Measure("sim.flows_per_s.n7", "flows/s",
                  [](benchmark::State& state) { PlayFlows(ModerateExperiment(), state); }),
          Measure("sim.flows_per_s.n24", "flows/s",
                  [](benchmark::State& state) { PlayFlows(LargeExperiment(), state); })};
}

}  // namespace evenkeel
