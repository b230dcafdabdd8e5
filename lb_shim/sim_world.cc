#include "lb_shim/sim_world.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <utility>

#include "common/rng.h"
#include "common/status_macros.h"
#include "lb_shim/count_exchange.h"
#include "lb_shim/sim_options.h"
#include "lb_shim/sim_shim.h"
#include "lb_shim/trace_cache.h"
#include "sim/cluster.h"
#include "sim/trace_workload.h"
#include "sim/workload.h"

namespace evenkeel {
namespace {

constexpr double kNever = std::numeric_limits<double>::infinity();
constexpr size_t kLaggingFlows = 65536;  // room for flows that ended but whose FIN was not seen yet

// Everything that SimWorldImpl is built from, checked.
struct WorldParts {
  sim::ClusterOptions cluster;
  std::unique_ptr<sim::ArrivalSource> arrivals;
  std::vector<std::string> class_names;
  std::vector<float> nominal_weights;
  int lbs = 0;
  SimShim::Options shim;
  CountExchange::Options exchange;  // used if shim.exchange
  WorldSeed seed;
};

// Held-out worlds draw from streams of their own, so no training seed can ever give a held-out trace.
Rng Stream(const WorldSeed& seed, RngStream purpose, uint64_t index = 0) {
  return Rng(seed.trace_seed, {purpose, seed.held_out ? uint64_t{1} : uint64_t{0}, index});
}

absl::StatusOr<std::unique_ptr<sim::ArrivalSource>> MakeArrivals(const v1::Experiment& experiment,
                                                                 const std::vector<double>& lb_shares,
                                                                 const sim::WorkloadOptions& synthetic,
                                                                 const WorldSeed& seed) {
  const v1::Workload& workload = experiment.workload();
  const uint64_t stream = Stream(seed, kArrivalStream).Next();
  if (workload.trace().path().empty()) return sim::MakeWorkload(synthetic, stream);
  EK_ASSIGN_OR_RETURN(std::shared_ptr<const sim::Trace> trace,
                      SharedTrace(workload.trace().path(), workload.trace().seconds_per_iteration()));
  sim::TraceWindowOptions window;
  window.episode_s =
      seed.held_out ? experiment.evaluation().seconds() : experiment.training().episode_seconds();
  window.speedup = workload.trace().speedup();
  window.held_out_share = workload.trace().held_out_share();
  window.held_out = seed.held_out;
  window.lb_shares = lb_shares;
  return sim::MakeTraceWorkload(std::move(trace), window, stream);
}

size_t MostOpenFlows(const sim::ClusterOptions& cluster) {
  size_t flows = cluster.fin_lag_s > 0 ? kLaggingFlows : 1;
  for (const sim::ServerOptions& server : cluster.servers) flows += server.workers + server.backlog;
  return flows;
}

absl::StatusOr<WorldParts> MakeParts(const v1::Experiment& experiment, const WorldSeed& seed) {
  WorldParts parts;
  parts.seed = seed;
  EK_ASSIGN_OR_RETURN(const std::vector<double> lb_shares, MakeLbShares(experiment.topology()));
  EK_ASSIGN_OR_RETURN(parts.cluster, MakeClusterOptions(experiment.topology()));
  EK_RETURN_IF_ERROR(sim::Validate(parts.cluster));
  EK_ASSIGN_OR_RETURN(sim::WorkloadOptions synthetic, MakeWorkloadOptions(experiment.workload()));
  synthetic.lb_shares = lb_shares;
  EK_ASSIGN_OR_RETURN(parts.arrivals, MakeArrivals(experiment, lb_shares, synthetic, seed));
  EK_ASSIGN_OR_RETURN(parts.shim.reservoir, MakeReservoirOptions(experiment.agent()));
  if (experiment.workload().trace().path().empty()) {
    for (const sim::FlowClassOptions& flow_class : synthetic.classes)
      parts.class_names.push_back(flow_class.name);
  } else {
    parts.class_names = {sim::FlowClassOptions().name};
  }
  parts.lbs = static_cast<int>(lb_shares.size());
  parts.nominal_weights = NominalWeights(experiment.topology());
  parts.shim.servers = static_cast<int>(parts.cluster.servers.size());
  parts.shim.max_open_flows = MostOpenFlows(parts.cluster);
  parts.shim.probe_workers = experiment.algorithm().name() == "awcmp";
  parts.shim.exchange = experiment.agent().exchange() || experiment.algorithm().name() == "sed_exchange";
  parts.shim.measure_costs = experiment.reward().kind() == v1::Reward::NEGATIVE_REGRET && !seed.held_out;
  if (parts.shim.exchange) {
    EK_ASSIGN_OR_RETURN(parts.exchange,
                        MakeExchangeOptions(experiment.topology().exchange(), parts.lbs, parts.shim.servers));
  }
  return parts;
}

// When servers come or go, in order, and never at the end.
std::vector<double> AvailabilityChanges(const sim::ClusterOptions& cluster) {
  std::vector<double> times = {kNever};
  for (const sim::ServerEvent& event : cluster.events) {
    const bool speed_only =
        event.kind == sim::ServerEvent::SET_SPEED || event.kind == sim::ServerEvent::COLOCATION;
    if (!speed_only) times.push_back(event.at_s);
  }
  std::sort(times.begin(), times.end());
  return times;
}

class SimWorldImpl final : public SimWorld, private sim::Dispatcher {
 public:
  static absl::StatusOr<std::unique_ptr<SimWorld>> Make(WorldParts parts) {
    std::unique_ptr<SimWorldImpl> world(new SimWorldImpl(parts));
    EK_ASSIGN_OR_RETURN(world->cluster_,
                        sim::Cluster::Create(parts.cluster, std::move(parts.arrivals),
                                             Stream(parts.seed, kServerStream).Next(), world.get()));
    world->MakeShims(parts);
    return std::unique_ptr<SimWorld>(std::move(world));
  }

  int lbs() const override { return static_cast<int>(shims_.size()); }
  int servers() const override { return static_cast<int>(nominal_weights_.size()); }
  const std::vector<float>& nominal_weights() const override { return nominal_weights_; }
  LbShim* lb(int index) override { return shims_[index].get(); }

  void AdvanceTo(double time_s) override {
    while (exchange_ && exchange_->next_time_s() <= time_s) PlayExchange();
    cluster_->AdvanceTo(time_s);
    if (time_s >= *next_availability_change_) UpdateAvailability();
  }

  void SetFactors(int lb, absl::Span<const float> factors) override { shims_[lb]->SetFactors(factors); }

  DecisionCosts TakeCosts() override {
    DecisionCosts all;
    for (auto& shim : shims_) {
      const DecisionCosts own = shim->TakeCosts();
      all.regret_s += own.regret_s;
      all.gains_s.insert(all.gains_s.end(), own.gains_s.begin(), own.gains_s.end());
    }
    return all;
  }

  void ResetStatistics() override {
    counted_from_s_ = cluster_->now_s();
    for (auto& flow_class : statistics_.classes) {
      flow_class.durations_s.clear();
      flow_class.rejected = 0;
    }
    std::fill(statistics_.server_flows.begin(), statistics_.server_flows.end(), 0.0);
    for (int j = 0; j < servers(); ++j) busy_before_s_[j] = cluster_->BusySeconds(j);
  }

  const WorldStatistics& statistics() override {
    const double window_s = cluster_->now_s() - counted_from_s_;
    for (int j = 0; j < servers(); ++j) {
      const double busy_s = cluster_->BusySeconds(j) - busy_before_s_[j];
      statistics_.server_busy_share[j] = window_s > 0 ? busy_s / window_s : 0;
    }
    return statistics_;
  }

 private:
  explicit SimWorldImpl(const WorldParts& parts)
      : nominal_weights_(parts.nominal_weights),
        availability_changes_(AvailabilityChanges(parts.cluster)),
        next_availability_change_(availability_changes_.begin()),
        busy_before_s_(parts.nominal_weights.size(), 0.0) {
    for (const std::string& name : parts.class_names) statistics_.classes.push_back({name, {}, 0});
    statistics_.server_busy_share.assign(parts.nominal_weights.size(), 0.0);
    statistics_.server_flows.assign(parts.nominal_weights.size(), 0.0);
  }

  void MakeShims(const WorldParts& parts) {
    v1::Controls controls;
    for (float weight : nominal_weights_) controls.add_servers()->set_weight(weight);
    for (int i = 0; i < parts.lbs; ++i) {
      shims_.push_back(std::make_unique<SimShim>(parts.shim, controls, Stream(parts.seed, kDispatchStream, i),
                                                 Stream(parts.seed, kReservoirStream, i), cluster_.get()));
    }
    TellAvailability();
    if (!parts.shim.exchange) return;
    exchange_.emplace(parts.exchange, Stream(parts.seed, kExchangeStream));
    for (const auto& shim : shims_) open_flows_.push_back(shim->open_flows());
  }

  void PlayExchange() {
    cluster_->AdvanceTo(exchange_->next_time_s());
    const std::optional<CountExchange::Update> update = exchange_->Play(open_flows_);
    if (update) shims_[update->lb]->ReceiveCounts(update->others_open_flows, exchange_->delay_s());
  }

  // REQUIRES: the cluster has played the events up to its time, as it has not when it is new.
  void UpdateAvailability() {
    while (*next_availability_change_ <= cluster_->now_s()) ++next_availability_change_;
    TellAvailability();
  }

  void TellAvailability() {
    std::vector<uint8_t> available(servers());
    for (int j = 0; j < servers(); ++j) available[j] = cluster_->available(j);
    for (auto& shim : shims_) shim->UpdateAvailability(available);
  }

  // sim::Dispatcher. Server events come before arrivals of the same time, so the cluster is up to date here.
  int Pick(double now_s, uint64_t, const sim::Flow& flow) override {
    if (now_s >= *next_availability_change_) UpdateAvailability();
    const int server = shims_[flow.lb]->Pick(flow);
    if (server == sim::kNoServer) {
      ++statistics_.classes[flow.flow_class].rejected;
    } else {
      ++statistics_.server_flows[server];
    }
    return server;
  }

  void OnOpened(double now_s, uint64_t flow_id, const sim::Flow& flow, int server) override {
    shims_[flow.lb]->OnOpened(now_s, flow_id, server);
  }

  void OnFinished(double now_s, uint64_t flow_id, const sim::Flow& flow, int server,
                  double duration_s) override {
    shims_[flow.lb]->OnFinished(now_s, flow_id, server, duration_s);
    if (Counts(flow)) {
      statistics_.classes[flow.flow_class].durations_s.push_back(static_cast<float>(duration_s));
    }
  }

  void OnRejected(double now_s, uint64_t flow_id, const sim::Flow& flow, int server) override {
    shims_[flow.lb]->OnRejected(now_s, flow_id, server);
    if (Counts(flow)) ++statistics_.classes[flow.flow_class].rejected;
  }

  // A flow that arrived at the very moment of the reset was played before it.
  bool Counts(const sim::Flow& flow) const {
    return flow.arrival_s > counted_from_s_ || counted_from_s_ == 0;
  }

  const std::vector<float> nominal_weights_;
  const std::vector<double> availability_changes_;
  std::vector<double>::const_iterator next_availability_change_;
  std::unique_ptr<sim::Cluster> cluster_;
  std::vector<std::unique_ptr<SimShim>> shims_;
  std::optional<CountExchange> exchange_;
  std::vector<const uint32_t*> open_flows_;  // [m] of the shims, where they exchange counts
  WorldStatistics statistics_;
  double counted_from_s_ = 0;
  std::vector<double> busy_before_s_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<SimWorld>> SimWorld::Create(const v1::Experiment& experiment,
                                                           const WorldSeed& seed) {
  EK_ASSIGN_OR_RETURN(WorldParts parts, MakeParts(experiment, seed));
  return SimWorldImpl::Make(std::move(parts));
}

}  // namespace evenkeel
