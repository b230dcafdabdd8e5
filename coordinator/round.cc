#include "coordinator/round.h"

#include <glog/logging.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "coordinator/episode_summary.h"

namespace evenkeel {

absl::StatusOr<std::unique_ptr<Round>> Round::Create(const v1::Experiment& experiment, const RoundPlan& plan,
                                                     uint64_t number) {
  EK_ASSIGN_OR_RETURN(auto host,
                      WorldHost::Create(experiment, plan.first_episode(number), plan.worlds_of(number)));
  std::unique_ptr<Round> round(new Round(experiment, plan, number, std::move(host)));
  EK_RETURN_IF_ERROR(round->Begin(experiment));
  return round;
}

// Of each level, by what it multiplies the weight; empty unless heads are rewarded for it.
std::vector<float> Round::Factors(const v1::Experiment& experiment) {
  std::vector<float> factors;
  if (!GlobalReward::HasHeadRewards(experiment.reward().kind())) return factors;
  const int bias_levels = std::max(1, experiment.agent().bias_levels_size());
  for (double level : experiment.agent().action_levels()) factors.insert(factors.end(), bias_levels, static_cast<float>(level));
  return factors;
}

Round::Round(const v1::Experiment& experiment, const RoundPlan& plan, uint64_t number,
             std::unique_ptr<WorldHost> host)
    : number_(number),
      first_episode_(plan.first_episode(number)),
      step_interval_s_(plan.step_interval_s),
      steps_(plan.steps),
      levels_(experiment.agent().action_levels_size() * std::max(1, experiment.agent().bias_levels_size())),
      factors_(Factors(experiment)),
      host_(std::move(host)) {}

absl::Status Round::Begin(const v1::Experiment& experiment) {
  EK_RETURN_IF_ERROR(host_->Observe());
  for (int w = 0; w < worlds(); ++w) {
    EK_ASSIGN_OR_RETURN(GlobalReward reward, GlobalReward::Create(experiment.reward(), experiment.agent(),
                                                                  host_->agents(), host_->servers()));
    worlds_.push_back({JointTransition(host_->agents(), host_->nominal_weights()), std::move(reward),
                       EpisodeBuilder(host_->agents(), host_->servers(), static_cast<uint32_t>(steps_))});
    worlds_[w].joint.BeginStep();
    worlds_[w].episode.Observe(Seen(w));
  }
  return absl::OkStatus();
}

std::vector<const v1::Observation*> Round::Seen(int world) const {
  std::vector<const v1::Observation*> seen;
  for (int agent = 0; agent < host_->agents(); ++agent) seen.push_back(&host_->observation(world, agent));
  return seen;
}

void Round::FillRequest(const Seats& seats, v1::StepRequest* request) const {
  request->set_round(number_);
  request->set_step(step_);
  int filled = 0;
  for (int agent = seats.first; agent < seats.end(); ++agent) {
    for (int w = 0; w < worlds(); ++w, ++filled) {
      v1::Observation* observation = filled < request->observations_size()
                                         ? request->mutable_observations(filled)
                                         : request->add_observations();
      *observation = host_->observation(w, agent);
    }
  }
  while (request->observations_size() > filled) request->mutable_observations()->RemoveLast();
}

absl::Status Round::Act(int agent, absl::Span<const v1::Action* const> actions) {
  CHECK_EQ(actions.size(), static_cast<size_t>(worlds()));
  absl::Status first_refusal;
  for (int w = 0; w < worlds(); ++w) {
    const v1::Action& action = *actions[w];
    absl::Status status = JointTransition::Validate(action, host_->servers(), levels_);
    if (status.ok()) status = host_->Apply(w, agent, action.controls());
    if (status.ok()) {
      worlds_[w].joint.Take(agent, action);
      SetFactors(w, agent, action);
    } else {
      first_refusal.Update(absl::Status(status.code(), absl::StrCat("round ", number_, " step ", step_,
                                                                    " world ", w, ": ", status.message())));
    }
  }
  return first_refusal;
}

void Round::SetFactors(int world, int agent, const v1::Action& action) {
  if (factors_.empty() || action.levels().empty()) return;
  std::vector<float> factors;
  for (uint32_t level : action.levels()) factors.push_back(factors_[level]);
  host_->SetFactors(world, agent, factors);
}

bool Round::ActAgain(int agent) {
  bool all = true;
  for (World& world : worlds_) all = world.joint.TakeAgain(agent) && all;
  return all;
}

absl::Status Round::Advance() {
  ++step_;
  host_->AdvanceTo(step_ * step_interval_s_);
  EK_RETURN_IF_ERROR(host_->Observe());
  for (int w = 0; w < worlds(); ++w) {
    World& world = worlds_[w];
    const std::vector<const v1::Observation*> seen = Seen(w);
    const DecisionCosts& costs = host_->costs(w);
    world.episode.Act(world.joint, world.reward.Step(seen, host_->twin(w), costs.regret_s),
                      world.reward.HeadRewards(costs.gains_s));
    world.episode.Observe(seen);
    world.joint.BeginStep();
  }
  return absl::OkStatus();
}

std::vector<Round::Played> Round::Finish(uint64_t policy_version) {
  std::vector<Played> played;
  for (int w = 0; w < worlds(); ++w) {
    EpisodeBuilder& builder = worlds_[w].episode;
    Played one;
    one.summary = SummarizeEpisode(host_->statistics(w));
    one.summary.set_number(first_episode_ + w);
    one.summary.set_policy_version(policy_version);
    one.summary.set_reward_mean(builder.reward_mean());
    one.summary.set_missed_steps(builder.missed_steps());
    one.episode = std::move(builder).Finish();
    one.episode.set_number(first_episode_ + w);
    one.episode.set_round(number_);
    one.episode.set_world(w);
    one.episode.set_trace_seed(host_->trace_seed(w));
    one.episode.set_policy_version(policy_version);
    played.push_back(std::move(one));
  }
  return played;
}

}  // namespace evenkeel
