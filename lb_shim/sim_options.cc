#include "lb_shim/sim_options.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "lb_shim/sed.h"
#include "lb_shim/sim_world.h"

namespace evenkeel {
namespace {

int ToInt(uint32_t value) {
  return static_cast<int>(std::min<uint32_t>(value, std::numeric_limits<int>::max()));
}

uint32_t Count(const v1::ServerGroup& group) { return group.has_count() ? group.count() : 1; }

float NominalWeight(const v1::ServerGroup& group) {
  if (group.has_nominal_weight()) return static_cast<float>(group.nominal_weight());
  return static_cast<float>(group.has_vcpus() ? group.vcpus() : sim::ServerOptions().vcpus);
}

sim::ServerOptions MakeServer(const v1::ServerGroup& group) {
  sim::ServerOptions server;
  if (group.has_workers()) server.workers = ToInt(group.workers());
  if (group.has_backlog()) server.backlog = ToInt(group.backlog());
  if (group.has_vcpus()) server.vcpus = ToInt(group.vcpus());
  if (group.has_speed()) server.speed = group.speed();
  if (group.has_hyper_thread_gain()) server.hyper_thread_gain = group.hyper_thread_gain();
  server.speed_table.assign(group.speed_table().begin(), group.speed_table().end());
  return server;
}

absl::StatusOr<sim::ServerEvent> MakeEvent(const v1::ServerEvent& event, int index) {
  sim::ServerEvent result;
  switch (event.kind()) {
    case v1::ServerEvent::SET_SPEED:
      result.kind = sim::ServerEvent::SET_SPEED;
      break;
    case v1::ServerEvent::DRAIN:
      result.kind = sim::ServerEvent::DRAIN;
      break;
    case v1::ServerEvent::REMOVE:
      result.kind = sim::ServerEvent::REMOVE;
      break;
    case v1::ServerEvent::ADD:
      result.kind = sim::ServerEvent::ADD;
      break;
    case v1::ServerEvent::COLOCATION:
      result.kind = sim::ServerEvent::COLOCATION;
      break;
    default:
      return absl::InvalidArgumentError(absl::StrCat("topology.events[", index,
                                                     "].kind is not set, expected one of ",
                                                     "SET_SPEED, DRAIN, REMOVE, ADD, COLOCATION"));
  }
  result.server = ToInt(event.server());
  if (event.has_at_seconds()) result.at_s = event.at_seconds();
  if (event.has_factor()) result.factor = event.factor();
  if (event.has_share()) result.share = event.share();
  if (event.has_period_seconds()) result.period_s = event.period_seconds();
  return result;
}

absl::StatusOr<sim::FlowClassOptions> MakeClass(const v1::FlowClass& flow_class, int index) {
  sim::FlowClassOptions result;
  result.name = flow_class.name();
  if (flow_class.has_share()) result.share = flow_class.share();
  switch (flow_class.work_case()) {
    case v1::FlowClass::kExponential:
      result.work = sim::FlowClassOptions::EXPONENTIAL;
      result.mean_s = flow_class.exponential().mean_seconds();
      return result;
    case v1::FlowClass::kLognormal:
      result.work = sim::FlowClassOptions::LOGNORMAL;
      result.mean_s = flow_class.lognormal().mean_seconds();
      result.log_std = flow_class.lognormal().log_std();
      return result;
    case v1::FlowClass::kEmpirical:
      result.work = sim::FlowClassOptions::EMPIRICAL;
      result.seconds.assign(flow_class.empirical().seconds().begin(), flow_class.empirical().seconds().end());
      return result;
    default:
      return absl::InvalidArgumentError(absl::StrCat("workload.classes[", index,
                                                     "] has no work, expected one of ",
                                                     "exponential, lognormal, empirical"));
  }
}

}  // namespace

std::vector<float> NominalWeights(const v1::Topology& topology) {
  std::vector<float> weights;
  for (const v1::ServerGroup& group : topology.servers())
    weights.insert(weights.end(), Count(group), NominalWeight(group));
  return weights;
}

absl::StatusOr<sim::ClusterOptions> MakeClusterOptions(const v1::Topology& topology) {
  sim::ClusterOptions options;
  options.round_trip_s = topology.round_trip_seconds();
  options.fin_lag_s = topology.fin_lag_seconds();
  uint64_t servers = 0;
  for (int g = 0; g < topology.servers_size(); ++g) {
    const v1::ServerGroup& group = topology.servers(g);
    servers += Count(group);
    if (servers > SED_MAX_SERVERS) {
      return absl::InvalidArgumentError(absl::StrCat("topology.servers: ", servers, " servers up to group ",
                                                     g, ", the data plane takes at most ", SED_MAX_SERVERS));
    }
    const float weight = NominalWeight(group);
    if (!std::isfinite(weight) || weight <= 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("topology.servers[", g, "].nominal_weight must be a positive number, found ", weight));
    }
    options.servers.insert(options.servers.end(), Count(group), MakeServer(group));
  }
  for (int i = 0; i < topology.events_size(); ++i) {
    EK_ASSIGN_OR_RETURN(const sim::ServerEvent event, MakeEvent(topology.events(i), i));
    options.events.push_back(event);
  }
  return options;
}

absl::StatusOr<std::vector<double>> MakeLbShares(const v1::Topology& topology) {
  constexpr uint32_t kMaxLbs = 1024;
  if (topology.lbs() < 1 || topology.lbs() > kMaxLbs) {
    return absl::InvalidArgumentError(
        absl::StrCat("topology.lbs must be 1..", kMaxLbs, ", found ", topology.lbs()));
  }
  if (topology.lb_shares_size() == 0) return std::vector<double>(topology.lbs(), 1.0);
  if (topology.lb_shares_size() != static_cast<int>(topology.lbs())) {
    return absl::InvalidArgumentError(
        absl::StrCat("topology.lb_shares has ", topology.lb_shares_size(),
                     " values, expected one for each of topology.lbs = ", topology.lbs()));
  }
  return std::vector<double>(topology.lb_shares().begin(), topology.lb_shares().end());
}

absl::StatusOr<sim::WorkloadOptions> MakeWorkloadOptions(const v1::Workload& workload) {
  sim::WorkloadOptions options;
  options.flows_per_second = workload.flows_per_second();
  if (workload.has_bursts()) {
    options.bursts.log_std = workload.bursts().log_std();
    if (workload.bursts().has_correlation_seconds()) {
      options.bursts.correlation_s = workload.bursts().correlation_seconds();
    }
  }
  if (workload.has_diurnal()) {
    options.diurnal.amplitude = workload.diurnal().amplitude();
    if (workload.diurnal().has_period_seconds())
      options.diurnal.period_s = workload.diurnal().period_seconds();
  }
  if (workload.has_flash_crowd()) {
    options.flash_crowd.at_s = workload.flash_crowd().at_seconds();
    options.flash_crowd.seconds = workload.flash_crowd().seconds();
    if (workload.flash_crowd().has_factor()) options.flash_crowd.factor = workload.flash_crowd().factor();
  }
  if (workload.classes_size() > 0) options.classes.clear();
  for (int c = 0; c < workload.classes_size(); ++c) {
    EK_ASSIGN_OR_RETURN(sim::FlowClassOptions flow_class, MakeClass(workload.classes(c), c));
    options.classes.push_back(std::move(flow_class));
  }
  return options;
}

absl::StatusOr<CountExchange::Options> MakeExchangeOptions(const v1::Exchange& exchange, int lbs,
                                                           int servers) {
  constexpr double kMaxCounts = 1 << 26;  // 256 MiB
  CountExchange::Options options;
  options.lbs = lbs;
  options.servers = servers;
  options.period_s = exchange.period_seconds();
  options.staggered = !exchange.has_staggered() || exchange.staggered();
  options.delay_s = exchange.delay_seconds();
  options.random_delay_s = exchange.random_delay_seconds();
  options.loss = exchange.loss();
  if (!(options.period_s > 0) || !std::isfinite(options.period_s)) {
    return absl::InvalidArgumentError(
        absl::StrCat("topology.exchange.period_seconds must be a number above 0, found ", options.period_s));
  }
  for (double delay : {options.delay_s, options.random_delay_s}) {
    if (delay >= 0 && std::isfinite(delay)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "topology.exchange.delay_seconds and random_delay_seconds must be numbers >= 0, found ", delay));
  }
  if (!(options.loss >= 0 && options.loss <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("topology.exchange.loss must be 0..1, found ", options.loss));
  }
  const double periods = (options.delay_s + options.random_delay_s) / options.period_s + 2;
  if (periods * lbs * servers > kMaxCounts) {
    return absl::InvalidArgumentError(absl::StrCat(
        "topology.exchange: ", periods, " updates of ", lbs, " LBs would be under way at once: make ",
        "delay_seconds and random_delay_seconds less, or period_seconds more"));
  }
  return options;
}

absl::StatusOr<Reservoir::Options> MakeReservoirOptions(const v1::Agent& agent) {
  constexpr uint32_t kMaxSamples = 65536;
  Reservoir::Options options;
  options.samples = ToInt(agent.reservoir_samples());
  options.keep_probability = agent.reservoir_probability();
  options.decay_per_second = agent.duration_decay_per_second();
  if (agent.reservoir_samples() > kMaxSamples) {
    return absl::InvalidArgumentError(absl::StrCat("agent.reservoir_samples must be 0..", kMaxSamples,
                                                   ", found ", agent.reservoir_samples()));
  }
  if (!(options.keep_probability > 0 && options.keep_probability <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("agent.reservoir_probability must be > 0 and <= 1, found ", options.keep_probability));
  }
  if (!(options.decay_per_second > 0 && options.decay_per_second <= 1)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "agent.duration_decay_per_second must be > 0 and <= 1, found ", options.decay_per_second));
  }
  return options;
}

}  // namespace evenkeel
