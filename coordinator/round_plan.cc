#include "coordinator/round_plan.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

constexpr double kMostSteps = 1e7;  // 29 days of 250 ms steps; an episode has to fit one message
constexpr uint32_t kMostWorlds = 4096;

absl::Status Expect(bool holds, const char* field, double found, const char* expected) {
  if (holds) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(field, " is ", found, ", expected ", expected));
}

absl::Status Validate(const v1::Experiment& experiment) {
  const v1::Training& training = experiment.training();
  const v1::Barrier& barrier = experiment.barrier();
  const double interval_s = experiment.agent().step_interval_seconds();
  const double steps = training.episode_seconds() / interval_s;
  EK_RETURN_IF_ERROR(Expect(training.episodes() > 0, "training.episodes", training.episodes(), "at least 1"));
  EK_RETURN_IF_ERROR(Expect(training.worlds() > 0 && training.worlds() <= kMostWorlds, "training.worlds",
                            training.worlds(), "1 to 4096"));
  EK_RETURN_IF_ERROR(Expect(interval_s > 0, "agent.step_interval_seconds", interval_s, "a time above 0"));
  EK_RETURN_IF_ERROR(Expect(steps >= 0.5 && steps <= kMostSteps, "training.episode_seconds",
                            training.episode_seconds(), "between one and ten million step intervals"));
  EK_RETURN_IF_ERROR(Expect(barrier.stall_after_seconds() > 0, "barrier.stall_after_seconds",
                            barrier.stall_after_seconds(), "a time above 0"));
  EK_RETURN_IF_ERROR(
      Expect(barrier.join_seconds() > 0, "barrier.join_seconds", barrier.join_seconds(), "a time above 0"));
  if (training.clock() == v1::Training::WALL) {
    EK_RETURN_IF_ERROR(Expect(barrier.deadline_seconds() > 0, "barrier.deadline_seconds",
                              barrier.deadline_seconds(), "a time above 0"));
  }
  if (barrier.has_lease_seconds()) {
    EK_RETURN_IF_ERROR(Expect(barrier.lease_seconds() > 0, "barrier.lease_seconds", barrier.lease_seconds(),
                              "a time above 0"));
  }
  return absl::OkStatus();
}

}  // namespace

int RoundPlan::worlds_of(uint64_t round) const {
  return static_cast<int>(std::min(worlds, episodes - first_episode(round)));
}

uint64_t RoundPlan::ResumeRound(uint64_t next_episode) const {
  return next_episode >= episodes ? rounds() : next_episode / worlds;
}

absl::StatusOr<RoundPlan> PlanRounds(const v1::Experiment& experiment) {
  EK_RETURN_IF_ERROR(Validate(experiment));
  RoundPlan plan;
  plan.episodes = experiment.training().episodes();
  plan.worlds = experiment.training().worlds();
  plan.step_interval_s = experiment.agent().step_interval_seconds();
  plan.steps =
      std::max<long long>(1, std::llround(experiment.training().episode_seconds() / plan.step_interval_s));
  plan.wall_clock = experiment.training().clock() == v1::Training::WALL;
  plan.reply_deadline =
      absl::Seconds(std::min(experiment.barrier().deadline_seconds(), plan.step_interval_s));
  plan.stall_after = absl::Seconds(experiment.barrier().stall_after_seconds());
  if (experiment.barrier().on_miss() != v1::Barrier::UNSET) plan.on_miss = experiment.barrier().on_miss();
  if (experiment.barrier().has_lease_seconds())
    plan.lease = absl::Seconds(experiment.barrier().lease_seconds());
  plan.join_within = absl::Seconds(experiment.barrier().join_seconds());
  return plan;
}

}  // namespace evenkeel
