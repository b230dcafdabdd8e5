#include "experiments/play_traces.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "algorithms/algorithm.h"
#include "algorithms/registry.h"
#include "common/status_macros.h"
#include "experiments/one_lb.h"
#include "lb_shim/sim_world.h"

namespace evenkeel {
namespace {

absl::Status Check(const TracePlan& plan) {
  if (plan.seeds < 1) return absl::InvalidArgumentError("evaluation.seeds is 0: expected at least 1");
  if (!(plan.warmup_seconds >= 0 && plan.warmup_seconds < plan.seconds)) {
    return absl::InvalidArgumentError(absl::StrCat("evaluation.warmup_seconds is ", plan.warmup_seconds,
                                                   ": expected at least 0 and less than evaluation.seconds, ",
                                                   plan.seconds));
  }
  return absl::OkStatus();
}

absl::Status Named(const Entrant& entrant, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("policy \"", entrant.label, "\": ", status.message()));
}

// The worlds of one plan, their observations and actions, and one policy per LB.
class Match {
 public:
  Match(const v1::Experiment& experiment, const TracePlan& plan) : experiment_(experiment), plan_(plan) {}

  absl::Status SetUp(const Entrant& entrant);
  absl::Status Play(const std::function<bool(double)>& go_on);
  std::vector<TraceOutcome> Outcomes();

 private:
  // What all LBs of one world saw of one server after the warm-up.
  struct ServerTally {
    double duration_sum_s = 0;
    double finished = 0;
    bool available = false;
  };

  absl::Status MakeWorlds();
  absl::Status MakePolicies(const Entrant& entrant);
  absl::Status Observe(bool counts);
  absl::Status Act();
  void AdvanceTo(double time_s);
  TraceOutcome Outcome(int world);

  v1::Observation& observation(int agent, int world) { return observations_[agent * plan_.seeds + world]; }

  const v1::Experiment experiment_;  // outlives the policies
  const TracePlan plan_;
  int agents_ = 0;
  int servers_ = 0;
  std::vector<std::unique_ptr<SimWorld>> worlds_;         // [W]
  std::vector<std::unique_ptr<Policy>> policies_;         // [m]
  std::vector<v1::Observation> observations_;             // [m, W]
  std::vector<const v1::Observation*> observation_refs_;  // [m, W]
  std::vector<v1::Action> actions_;                       // [W] of the agent that acts
  std::vector<ServerTally> tallies_;                      // [W, n]
};

absl::Status Match::SetUp(const Entrant& entrant) {
  EK_RETURN_IF_ERROR(MakeWorlds());
  EK_RETURN_IF_ERROR(MakePolicies(entrant));
  observations_.resize(static_cast<size_t>(agents_) * plan_.seeds);
  for (const v1::Observation& observation : observations_) observation_refs_.push_back(&observation);
  actions_.resize(plan_.seeds);
  tallies_.resize(static_cast<size_t>(plan_.seeds) * servers_);
  return absl::OkStatus();
}

absl::Status Match::MakeWorlds() {
  for (int i = 0; i < plan_.seeds; ++i) {
    WorldSeed seed;
    seed.trace_seed = plan_.first_seed + i;
    seed.held_out = plan_.held_out;
    EK_ASSIGN_OR_RETURN(std::unique_ptr<SimWorld> world, SimWorld::Create(experiment_, seed));
    worlds_.push_back(std::move(world));
  }
  agents_ = worlds_[0]->lbs();
  servers_ = worlds_[0]->servers();
  return absl::OkStatus();
}

absl::Status Match::MakePolicies(const Entrant& entrant) {
  EK_ASSIGN_OR_RETURN(const AlgorithmInfo* info, FindAlgorithm(entrant.algorithm));
  if (info->kind == AlgorithmKind::kLearned && !entrant.parameters.has_value()) {
    return absl::InvalidArgumentError(
        "a learned algorithm is evaluated with trained parameters, and none were given");
  }
  PolicyContext context;
  context.experiment = &experiment_;
  context.agents = agents_;
  context.servers = servers_;
  context.nominal_weights = worlds_[0]->nominal_weights();
  RoundContext round;
  round.first_episode = plan_.first_seed;
  round.worlds = plan_.seeds;
  for (context.agent = 0; context.agent < agents_; ++context.agent) {
    EK_ASSIGN_OR_RETURN(std::unique_ptr<Policy> policy, info->make_policy(context));
    if (entrant.parameters.has_value()) EK_RETURN_IF_ERROR(policy->Load(*entrant.parameters));
    policy->BeginRound(round);
    policies_.push_back(std::move(policy));
  }
  return absl::OkStatus();
}

absl::Status Match::Play(const std::function<bool(double)>& go_on) {
  const double interval_s = experiment_.agent().step_interval_seconds();
  if (!(interval_s > 0)) return absl::InvalidArgumentError("agent.step_interval_seconds must be more than 0");
  const uint64_t steps = static_cast<uint64_t>(std::ceil(plan_.seconds / interval_s - 1e-9));
  bool warm = false;
  for (uint64_t step = 0; step < steps; ++step) {
    EK_RETURN_IF_ERROR(Observe(warm && step > 0));
    EK_RETURN_IF_ERROR(Act());
    const double end_s = std::min((step + 1) * interval_s, plan_.seconds);
    if (!warm && end_s > plan_.warmup_seconds) {
      AdvanceTo(plan_.warmup_seconds);
      for (auto& world : worlds_) world->ResetStatistics();
      warm = true;
    }
    AdvanceTo(end_s);
    if (!go_on(static_cast<double>(step + 1) / steps)) return absl::CancelledError("stopped");
  }
  return Observe(true);
}

// `counts`: the step that ends was, at least in part, after the warm-up.
absl::Status Match::Observe(bool counts) {
  for (int world = 0; world < plan_.seeds; ++world) {
    for (int agent = 0; agent < agents_; ++agent) {
      v1::Observation& seen = observation(agent, world);
      EK_RETURN_IF_ERROR(worlds_[world]->lb(agent)->Observe(&seen));
      if (!counts) continue;
      for (int server = 0; server < servers_; ++server) {
        ServerTally& tally = tallies_[static_cast<size_t>(world) * servers_ + server];
        tally.duration_sum_s += seen.flow_duration_sum(server);
        tally.finished += seen.flows_finished(server);
        tally.available |= seen.available(server) != 0;
      }
    }
  }
  return absl::OkStatus();
}

absl::Status Match::Act() {
  const size_t worlds = plan_.seeds;
  for (int agent = 0; agent < agents_; ++agent) {
    const auto seen = absl::MakeConstSpan(observation_refs_).subspan(agent * worlds, worlds);
    EK_RETURN_IF_ERROR(policies_[agent]->Act(seen, absl::MakeSpan(actions_)));
    for (size_t world = 0; world < worlds; ++world) {
      EK_RETURN_IF_ERROR(worlds_[world]->lb(agent)->Apply(actions_[world].controls()));
    }
  }
  return absl::OkStatus();
}

void Match::AdvanceTo(double time_s) {
  for (auto& world : worlds_) world->AdvanceTo(time_s);
}

std::vector<TraceOutcome> Match::Outcomes() {
  std::vector<TraceOutcome> outcomes;
  for (int world = 0; world < plan_.seeds; ++world) outcomes.push_back(Outcome(world));
  return outcomes;
}

TraceOutcome Match::Outcome(int world) {
  const WorldStatistics& statistics = worlds_[world]->statistics();
  TraceOutcome outcome;
  for (const WorldStatistics::ClassStatistics& flows : statistics.classes) {
    outcome.classes.push_back({flows.name, flows.durations_s, flows.rejected});
  }
  for (int server = 0; server < servers_; ++server) {
    const ServerTally& tally = tallies_[static_cast<size_t>(world) * servers_ + server];
    if (!tally.available) continue;
    outcome.server_duration_mean_s.push_back(tally.finished > 0 ? tally.duration_sum_s / tally.finished : 0);
    outcome.server_busy_share.push_back(statistics.server_busy_share[server]);
  }
  return outcome;
}

// The experiment as `entrant` plays it.
v1::Experiment AsPlayedBy(const Entrant& entrant, const v1::Experiment& experiment) {
  v1::Experiment own = experiment;
  if (entrant.parameters.has_value() && entrant.parameters->has_agent())
    *own.mutable_agent() = entrant.parameters->agent();
  if (entrant.parameters.has_value() && entrant.parameters->has_settings())
    *own.mutable_algorithm() = entrant.parameters->settings();
  own.mutable_algorithm()->set_name(entrant.algorithm);
  return own;
}

}  // namespace

absl::StatusOr<std::vector<TraceOutcome>> PlayTraces(const v1::Experiment& experiment, const Entrant& entrant,
                                                     const TracePlan& plan,
                                                     const std::function<bool(double)>& go_on) {
  EK_RETURN_IF_ERROR(Check(plan));
  const absl::StatusOr<const AlgorithmInfo*> info = FindAlgorithm(entrant.algorithm);
  if (!info.ok()) return Named(entrant, info.status());
  v1::Experiment own = AsPlayedBy(entrant, experiment);
  if ((*info)->one_lb) UseOneLb(own.mutable_topology());
  Match match(own, plan);
  absl::Status status = match.SetUp(entrant);
  if (status.ok()) status = match.Play(go_on);
  if (!status.ok()) return Named(entrant, status);
  return match.Outcomes();
}

}  // namespace evenkeel
