#include "coordinator/coordinator_loop.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "common/update_schedule.h"

namespace evenkeel {
namespace {

std::string Rounded(absl::Duration duration) {
  return absl::FormatDuration(absl::Trunc(duration, absl::Milliseconds(100)));
}

}  // namespace

CoordinatorLoop::CoordinatorLoop(CoordinatorLoopOptions options, AgentGateway* gateway, AgentPort* port,
                                 EpisodeSink* sink, Clock* clock)
    : options_(std::move(options)),
      gateway_(gateway),
      port_(port),
      sink_(sink),
      clock_(clock),
      streams_(gateway->options().agents, 0) {}

absl::Status CoordinatorLoop::Run() {
  const absl::Status status = PlayAll();
  End(status);
  return status;
}

void CoordinatorLoop::Stop() {
  const absl::Time now = clock_->Now();
  {
    absl::MutexLock lock(&mutex_);
    stop_at_ = std::min(stop_at_, now + StopGrace());
  }
  gateway_->barrier().Interrupt();
}

bool CoordinatorLoop::stopping() const {
  absl::MutexLock lock(&mutex_);
  return stop_at_ != absl::InfiniteFuture();
}

absl::Status CoordinatorLoop::PlayAll() {
  const RoundPlan& plan = options_.plan;
  gateway_->progress().StartAt(options_.first_round,
                               std::min(plan.episodes, plan.first_episode(options_.first_round)));
  if (options_.first_round >= plan.rounds()) return absl::OkStatus();
  EK_RETURN_IF_ERROR(AwaitJoined());
  for (uint64_t number = options_.first_round; number < plan.rounds(); ++number) {
    EK_RETURN_IF_ERROR(PlayRound(number));
  }
  return absl::OkStatus();
}

void CoordinatorLoop::End(const absl::Status& status) {
  gateway_->CloseDoor();
  gateway_->progress().Finished();
  if (status.ok()) {
    port_->EndAll(absl::OkStatus(), "training finished");
  } else if (absl::IsCancelled(status)) {
    port_->EndAll(absl::OkStatus(), "stopped");
  } else {
    port_->EndAll(status, "");
  }
}

absl::Status CoordinatorLoop::AwaitJoined() {
  phase_ = Phase::kJoining;
  StepBarrier& barrier = gateway_->barrier();
  barrier.Open(AgentGateway::kJoinNumber, std::vector<bool>(streams_.size(), true));
  const absl::Time deadline = clock_->Now() + options_.plan.join_within;
  std::vector<int> missing;
  for (bool waiting = true; waiting;) {
    missing.clear();
    const std::vector<bool> connected = gateway_->membership().Connected();
    for (size_t agent = 0; agent < connected.size(); ++agent) {
      if (!connected[agent]) missing.push_back(static_cast<int>(agent));
    }
    waiting = !missing.empty() && !stopping() && barrier.Wait(deadline) == StepBarrier::Wake::kInterrupted;
  }
  barrier.Close();
  if (stopping()) return absl::CancelledError("stopped while agents were joining");
  if (missing.empty()) return absl::OkStatus();
  std::string message =
      absl::StrCat("waited ", Rounded(options_.plan.join_within), " for all agents to join");
  for (int agent : missing) {
    absl::StrAppend(&message, "; ", gateway_->membership().Name(agent), ": ",
                    gateway_->membership().Whereabouts(agent));
  }
  return absl::UnavailableError(message);
}

absl::Status CoordinatorLoop::PlayRound(uint64_t number) {
  const v1::Training& training = options_.experiment->training();
  const UpdateSchedule schedule{training.warmup_episodes(), training.updates_per_episode()};
  min_policy_version_ = options_.learns ? schedule.UpdatesDue(options_.plan.first_episode(number)) : 0;
  EK_ASSIGN_OR_RETURN(round_, Round::Create(*options_.experiment, options_.plan, number));
  gateway_->BeginRound(number, min_policy_version_, round_->worlds());
  EK_RETURN_IF_ERROR(AwaitReady(number));
  EK_RETURN_IF_ERROR(PlaySteps());
  v1::CoordinatorMessage end;
  end.mutable_round_end()->set_round(number);
  SendToAll(end);
  return StoreEpisodes();
}

absl::Status CoordinatorLoop::AwaitReady(uint64_t number) {
  phase_ = Phase::kReady;
  Membership& membership = gateway_->membership();
  gateway_->barrier().Open(gateway_->ReadyNumber(number), options_.plan.wall_clock
                                                              ? membership.Connected()
                                                              : std::vector<bool>(streams_.size(), true));
  for (const Membership::Joined& joined : membership.TakeJoined()) streams_[joined.agent] = joined.stream;
  SendToAll(RoundStart(0));
  // Agents give up themselves on a learner that stands still; here a working one must only not look like a stall, however
  // long its updates take.
  const uint64_t updates_due = min_policy_version_ - std::min(min_policy_version_, policy_version_);
  const auto complete = Await(clock_->Now() + options_.plan.stall_after * (1 + static_cast<double>(updates_due)));
  StepBarrier::Outcome outcome = gateway_->barrier().Close();
  EK_RETURN_IF_ERROR(complete.status());
  if (!outcome.missing.empty()) return StalledAtReady(outcome.missing, outcome.open_for, number);
  policy_version_ = ~uint64_t{0};
  for (size_t agent = 0; agent < outcome.arrived.size(); ++agent) {
    if (!outcome.arrived[agent]) continue;
    policy_version_ = std::min<uint64_t>(policy_version_, outcome.replies[agent].ready().policy_version());
  }
  if (policy_version_ == ~uint64_t{0}) policy_version_ = min_policy_version_;
  return absl::OkStatus();
}

absl::Status CoordinatorLoop::PlaySteps() {
  phase_ = Phase::kStep;
  round_started_ = last_reply_ = clock_->Now();
  for (step_ = 0; step_ < options_.plan.steps; ++step_) {
    if (stopping())
      return absl::CancelledError(absl::StrCat("stopped in round ", round_->number(), " step ", step_));
    EK_RETURN_IF_ERROR(PlayStep(step_));
    if (options_.plan.wall_clock) {
      clock_->SleepUntil(round_started_ + (step_ + 1) * absl::Seconds(options_.plan.step_interval_s));
    }
  }
  return absl::OkStatus();
}

absl::Status CoordinatorLoop::PlayStep(uint64_t step) {
  const RoundPlan& plan = options_.plan;
  gateway_->barrier().Open(gateway_->StepNumber(round_->number(), step),
                           std::vector<bool>(streams_.size(), true));
  for (size_t agent = 0; agent < streams_.size(); ++agent) {
    port_->Send(static_cast<int>(agent), streams_[agent], round_->request(static_cast<int>(agent)));
  }
  const absl::Time asked = clock_->Now();
  const auto complete = Await(asked + (plan.wall_clock ? plan.reply_deadline : plan.stall_after));
  const StepBarrier::Outcome outcome = gateway_->barrier().Close();
  EK_RETURN_IF_ERROR(complete.status());
  const absl::Time now = clock_->Now();
  gateway_->progress().StepClosed(round_->number(), step, round_->worlds(), now - asked);

  const bool any_reply = outcome.missing.size() < streams_.size();
  if (any_reply) last_reply_ = now;
  if (!outcome.missing.empty() && (!plan.wall_clock || now - last_reply_ >= plan.stall_after)) {
    return StalledAtStep(outcome.missing, plan.wall_clock ? now - last_reply_ : outcome.open_for, step);
  }
  for (size_t agent = 0; agent < streams_.size(); ++agent) {
    const absl::Status taken = outcome.arrived[agent]
                                   ? round_->Act(static_cast<int>(agent), outcome.replies[agent].step_reply())
                                   : absl::DeadlineExceededError("no reply");
    if (taken.ok()) continue;
    gateway_->membership().Missed(static_cast<int>(agent));
    options_.warn(absl::StrCat(gateway_->membership().Name(static_cast<int>(agent)), " is masked in round ",
                               round_->number(), " step ", step, ": ", taken.message()));
  }
  return round_->Advance();
}

absl::Status CoordinatorLoop::StoreEpisodes() {
  std::vector<Round::Played> played = round_->Finish(policy_version_);
  round_.reset();
  for (const Round::Played& one : played) EK_RETURN_IF_ERROR(sink_->Summarize(one.summary));
  for (Round::Played& one : played) {
    EK_RETURN_IF_ERROR(sink_->Append(std::move(one.episode)));
    gateway_->progress().EpisodeFinished(one.summary);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> CoordinatorLoop::Await(absl::Time deadline) {
  while (true) {
    absl::Time until = deadline;
    {
      absl::MutexLock lock(&mutex_);
      until = std::min(until, stop_at_);
    }
    const StepBarrier::Wake wake = gateway_->barrier().Wait(until);
    if (wake == StepBarrier::Wake::kComplete) return true;
    if (wake == StepBarrier::Wake::kDeadline) {
      if (stopping()) return absl::CancelledError("stopped");
      return false;
    }
    TakeInJoined();
    if (options_.plan.wall_clock && phase_ == Phase::kReady) ExcuseTheGone();
  }
}

void CoordinatorLoop::TakeInJoined() {
  for (const Membership::Joined& joined : gateway_->membership().TakeJoined()) {
    const bool replied = phase_ == Phase::kStep && gateway_->barrier().HasArrived(joined.agent);
    const uint64_t next_step = phase_ == Phase::kStep ? step_ + (replied ? 1 : 0) : 0;
    streams_[joined.agent] = joined.stream;
    port_->Send(joined.agent, joined.stream, RoundStart(next_step));
    if (phase_ == Phase::kStep && !replied)
      port_->Send(joined.agent, joined.stream, round_->request(joined.agent));
  }
}

void CoordinatorLoop::ExcuseTheGone() {
  const std::vector<bool> connected = gateway_->membership().Connected();
  for (size_t agent = 0; agent < connected.size(); ++agent) {
    if (!connected[agent]) gateway_->barrier().Excuse(static_cast<int>(agent));
  }
}

v1::CoordinatorMessage CoordinatorLoop::RoundStart(uint64_t first_step) const {
  v1::CoordinatorMessage message;
  v1::RoundStart* start = message.mutable_round_start();
  start->set_round(round_->number());
  start->set_first_episode(options_.plan.first_episode(round_->number()));
  start->set_worlds(round_->worlds());
  start->set_steps(options_.plan.steps);
  start->set_min_policy_version(min_policy_version_);
  start->set_explore(options_.learns);
  for (float weight : round_->nominal_weights()) start->add_nominal_weights(weight);
  start->set_first_step(first_step);
  return message;
}

void CoordinatorLoop::SendToAll(const v1::CoordinatorMessage& message) {
  for (size_t agent = 0; agent < streams_.size(); ++agent) {
    port_->Send(static_cast<int>(agent), streams_[agent], message);
  }
}

absl::Status CoordinatorLoop::StalledAtStep(const std::vector<int>& missing, absl::Duration waited,
                                            uint64_t step) const {
  std::string message = "stalled: ";
  for (int agent : missing) {
    absl::StrAppend(&message, gateway_->membership().Name(agent), " is late: waited ", Rounded(waited),
                    " for its reply to round ", round_->number(), " step ", step, "; ",
                    gateway_->membership().Whereabouts(agent), agent == missing.back() ? "" : "; ");
  }
  return absl::DeadlineExceededError(message);
}

absl::Status CoordinatorLoop::StalledAtReady(const std::vector<int>& missing, absl::Duration waited,
                                             uint64_t round) const {
  std::string message = "stalled: ";
  for (int agent : missing) {
    absl::StrAppend(&message, gateway_->membership().Name(agent), " is late: waited ", Rounded(waited),
                    " for policy version ", min_policy_version_, " at the start of round ", round,
                    ", it holds ", gateway_->membership().policy_version(agent), "; ",
                    gateway_->membership().Whereabouts(agent), agent == missing.back() ? "" : "; ");
  }
  return absl::DeadlineExceededError(message);
}

}  // namespace evenkeel
