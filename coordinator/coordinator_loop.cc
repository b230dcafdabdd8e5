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

// The agent did this in the step, or for no actions what it did last.
void Note(int agent, absl::Span<const v1::Action* const> actions, v1::StepTaken* step) {
  v1::AgentTaken* taken = step->add_agents();
  taken->set_agent(agent);
  for (const v1::Action* action : actions) *taken->add_actions() = *action;
}

absl::Time NextMultiple(absl::Time now, absl::Duration interval) {
  return absl::UnixEpoch() + absl::Ceil(now - absl::UnixEpoch(), interval);
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
  absl::Status status = PlayAll();
  if (options_.journal != nullptr && (status.ok() || absl::IsCancelled(status))) {
    if (const absl::Status cleared = options_.journal->Clear(); status.ok()) status = cleared;
  }
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

absl::Time CoordinatorLoop::stop_at() const {
  absl::MutexLock lock(&mutex_);
  return stop_at_;
}

bool CoordinatorLoop::stopping() const { return stop_at() != absl::InfiniteFuture(); }

void CoordinatorLoop::Enter(v1::RunStatus::Phase phase) { gateway_->progress().Enter(phase, clock_->Now()); }

absl::Status CoordinatorLoop::PlayAll() {
  const RoundPlan& plan = options_.plan;
  gateway_->progress().StartAt(options_.first_round,
                               std::min(plan.episodes, plan.first_episode(options_.first_round)));
  if (options_.first_round >= plan.rounds()) return absl::OkStatus();
  EK_ASSIGN_OR_RETURN(const bool went_on, GoOnWithRound(options_.first_round));
  uint64_t number = options_.first_round + (went_on ? 1 : 0);
  if (number < plan.rounds()) EK_RETURN_IF_ERROR(AwaitJoined());
  for (; number < plan.rounds(); ++number) EK_RETURN_IF_ERROR(PlayRound(number));
  return absl::OkStatus();
}

void CoordinatorLoop::End(const absl::Status& status) {
  const bool stopped = absl::IsCancelled(status);
  const absl::Status told = stopped ? absl::UnavailableError("the coordinator was stopped") : status;
  gateway_->CloseDoor(stopped ? told : absl::FailedPreconditionError("the run is over"));
  Enter(v1::RunStatus::ENDED);
  gateway_->progress().Finished();
  port_->EndAll(told, "training finished");
}

absl::Status CoordinatorLoop::AwaitJoined() {
  phase_ = Phase::kJoining;
  Enter(v1::RunStatus::JOINING);
  StepBarrier& barrier = gateway_->barrier();
  barrier.Open(gateway_->JoinNumber(), std::vector<bool>(streams_.size(), true));
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

uint64_t CoordinatorLoop::MinPolicyVersion(uint64_t round) const {
  if (!options_.learns) return 0;
  const v1::Training& training = options_.experiment->training();
  const UpdateSchedule schedule{training.warmup_episodes(), training.updates_per_episode()};
  return schedule.UpdatesDue(options_.plan.first_episode(round));
}

absl::Status CoordinatorLoop::PlayRound(uint64_t number) {
  min_policy_version_ = MinPolicyVersion(number);
  bool whole = false;
  for (attempt_ = 0; !whole; ++attempt_) {
    if (attempt_ == kMostAttempts) return BegunTooOften(number);
    EK_ASSIGN_OR_RETURN(round_, Round::Create(*options_.experiment, options_.plan, number));
    gateway_->progress().RoundStarted(number, attempt_, /*step=*/0);
    gateway_->BeginRound(number, attempt_, min_policy_version_, round_->worlds());
    EK_RETURN_IF_ERROR(AwaitReady(number));
    EK_RETURN_IF_ERROR(BeginSteps());
    EK_ASSIGN_OR_RETURN(whole, PlaySteps());
  }
  return EndRound();
}

absl::Status CoordinatorLoop::EndRound() {
  v1::CoordinatorMessage end;
  end.mutable_round_end()->set_round(round_->number());
  SendToAll(end);
  return StoreEpisodes();
}

absl::StatusOr<bool> CoordinatorLoop::GoOnWithRound(uint64_t number) {
  const RoundPlan& plan = options_.plan;
  if (options_.journal == nullptr) return false;
  const v1::RoundJournal& found = options_.journal->found();
  if (found.began_unix_ns() == 0 || found.round() != number) return false;
  const std::string begins_again = absl::StrCat("round ", number, " begins again: ");
  round_started_ = absl::FromUnixNanos(found.began_unix_ns());
  step_ = found.steps_size();
  const absl::Duration away = clock_->Now() - TimeOf(step_);
  if (step_ < plan.steps && away > plan.stall_after) {
    options_.notice(absl::StrCat(begins_again, "the coordinator was away for ", Rounded(away), " after step ", step_,
                                 ", longer than barrier.stall_after_seconds"));
    return false;
  }
  EK_ASSIGN_OR_RETURN(round_, Round::Create(*options_.experiment, plan, number));
  if (const absl::Status status = PlayAgain(found); !status.ok()) {
    options_.notice(absl::StrCat(begins_again, "its journal is of no use: ", status.message()));
    return false;
  }
  attempt_ = 0;
  min_policy_version_ = MinPolicyVersion(number);
  policy_version_ = found.policy_version();
  gateway_->BeginRound(number, attempt_, min_policy_version_, round_->worlds());
  const absl::Duration interval = absl::Seconds(plan.step_interval_s);
  if (-away > interval) round_started_ = NextMultiple(clock_->Now(), interval) - step_ * interval;  // the time was set
  EK_RETURN_IF_ERROR(PlayMissedSteps());
  gateway_->progress().RoundStarted(number, attempt_, std::min(step_, plan.steps - 1));
  Enter(v1::RunStatus::PLAYING);
  if (step_ < plan.steps) clock_->SleepUntil(TimeOf(step_));
  EK_RETURN_IF_ERROR(PlaySteps().status());
  EK_RETURN_IF_ERROR(EndRound());
  return true;
}

absl::Status CoordinatorLoop::PlayAgain(const v1::RoundJournal& journal) {
  if (static_cast<uint64_t>(journal.steps_size()) > options_.plan.steps) {
    return absl::InvalidArgumentError(absl::StrCat(journal.steps_size(), " steps of ", options_.plan.steps));
  }
  for (const v1::StepTaken& step : journal.steps()) {
    for (const v1::AgentTaken& taken : step.agents()) {
      const int agent = static_cast<int>(taken.agent());
      if (taken.agent() >= streams_.size() ||
          (taken.actions_size() != 0 && taken.actions_size() != round_->worlds())) {
        return absl::InvalidArgumentError(absl::StrCat(taken.actions_size(), " actions of agent ", taken.agent()));
      }
      // What was refused then is refused again.
      if (taken.actions_size() == 0) {
        round_->ActAgain(agent);
      } else {
        round_->Act(agent, absl::MakeConstSpan(taken.actions().data(), taken.actions_size())).IgnoreError();
      }
    }
    EK_RETURN_IF_ERROR(round_->Advance());
  }
  return absl::OkStatus();
}

absl::Status CoordinatorLoop::PlayMissedSteps() {
  const uint64_t first = step_;
  for (; step_ < options_.plan.steps && TimeOf(step_) < clock_->Now(); ++step_) {
    v1::StepTaken nobody;
    for (int agent = 0; agent < static_cast<int>(streams_.size()); ++agent) {
      gateway_->membership().Missed(agent);
      if (options_.plan.on_miss == v1::Barrier::REUSE_LAST && round_->ActAgain(agent)) Note(agent, {}, &nobody);
    }
    EK_RETURN_IF_ERROR(options_.journal->Append(nobody));
    EK_RETURN_IF_ERROR(round_->Advance());
  }
  options_.notice(absl::StrCat("round ", round_->number(), " goes on after ", first, " steps; for ", step_ - first,
                               " more the coordinator was away and the data planes kept their last controls"));
  return absl::OkStatus();
}

absl::Status CoordinatorLoop::BegunTooOften(uint64_t number) const {
  return absl::AbortedError(absl::StrCat("round ", number, " was begun ", kMostAttempts,
                                         " times, since agents came back in its middle; the last was ",
                                         gateway_->membership().Name(came_back_), " in step ", step_,
                                         "; its log tells why it does not last"));
}

absl::Status CoordinatorLoop::AwaitReady(uint64_t number) {
  phase_ = Phase::kReady;
  Enter(v1::RunStatus::READY);
  Membership& membership = gateway_->membership();
  gateway_->barrier().Open(gateway_->ReadyNumber(), options_.plan.wall_clock
                                                        ? membership.Connected()
                                                        : std::vector<bool>(streams_.size(), true));
  for (const Membership::Joined& joined : membership.TakeJoined()) {
    std::fill_n(streams_.begin() + joined.seats.first, joined.seats.count, joined.stream);
  }
  SendToAll(RoundStart(0));
  // Agents give up themselves on a learner that stands still; here a working one must only not look like a
  // stall, however long its updates take.
  const uint64_t updates_due = min_policy_version_ - std::min(min_policy_version_, policy_version_);
  const auto awaited =
      Await(clock_->Now() + options_.plan.stall_after * (1 + static_cast<double>(updates_due)));
  const StepBarrier::Outcome outcome = gateway_->barrier().Close();
  EK_RETURN_IF_ERROR(awaited.status());
  if (!outcome.missing.empty()) {
    options_.on_stall(outcome.missing);
    return StalledAtReady(outcome.missing, outcome.open_for, number);
  }
  policy_version_ = ~uint64_t{0};
  for (const StepBarrier::Reply& reply : outcome.replies) {
    policy_version_ = std::min<uint64_t>(policy_version_, reply.message.ready().policy_version());
  }
  if (policy_version_ == ~uint64_t{0}) policy_version_ = min_policy_version_;
  return absl::OkStatus();
}

absl::Status CoordinatorLoop::BeginSteps() {
  phase_ = Phase::kStep;
  step_ = 0;
  round_started_ = clock_->Now();
  if (options_.plan.wall_clock) {
    round_started_ = NextMultiple(round_started_, absl::Seconds(options_.plan.step_interval_s));
    clock_->SleepUntil(round_started_);
  }
  if (options_.journal == nullptr) return absl::OkStatus();
  return options_.journal->BeginRound(round_->number(), round_started_, policy_version_);
}

absl::StatusOr<bool> CoordinatorLoop::PlaySteps() {
  phase_ = Phase::kStep;
  last_reply_ = clock_->Now();
  for (; step_ < options_.plan.steps; ++step_) {
    if (stopping())
      return absl::CancelledError(absl::StrCat("stopped in round ", round_->number(), " step ", step_));
    EK_ASSIGN_OR_RETURN(const bool goes_on, PlayStep(step_));
    if (!goes_on) {
      options_.notice(absl::StrCat("round ", round_->number(), " begins again: ",
                                   gateway_->membership().Name(came_back_), " came back in step ", step_));
      return false;
    }
    if (options_.plan.wall_clock) KeepTime(step_);
  }
  return true;
}

absl::Time CoordinatorLoop::TimeOf(uint64_t step) const {
  return round_started_ + step * absl::Seconds(options_.plan.step_interval_s);
}

void CoordinatorLoop::KeepTime(uint64_t step) {
  const absl::Time next = TimeOf(step + 1);
  if (const absl::Duration late = clock_->Now() - next; late > absl::ZeroDuration()) {
    gateway_->progress().StepOverran();
    options_.warn(absl::StrCat("round ", round_->number(), " step ", step, " ended ",
                               absl::FormatDuration(late), " after the next one's time; the schedule stays"));
  }
  clock_->SleepUntil(next);
}

absl::StatusOr<bool> CoordinatorLoop::PlayStep(uint64_t step) {
  const RoundPlan& plan = options_.plan;
  const bool waits = !plan.wall_clock || plan.on_miss == v1::Barrier::WAIT;
  if (TakeInJoined(step)) return false;
  NameTheSilent();
  gateway_->barrier().Open(gateway_->StepNumber(step), waits ? std::vector<bool>(streams_.size(), true)
                                                             : gateway_->membership().Connected());
  const absl::Time asked = clock_->Now();
  gateway_->progress().StepOpened(step, asked);
  Enter(v1::RunStatus::STEP);
  for (const Membership::Joined& one : Streams()) AskStep(one.seats, one.stream);
  const auto awaited = Await(asked + (waits ? plan.stall_after : plan.reply_deadline));
  const StepBarrier::Outcome outcome = gateway_->barrier().Close();
  EK_RETURN_IF_ERROR(awaited.status());
  if (*awaited == Awaited::kRejoined) return false;
  Enter(v1::RunStatus::PLAYING);
  gateway_->progress().StepClosed(round_->worlds(), clock_->Now() - asked);
  EK_RETURN_IF_ERROR(ActOn(outcome, step));
  EK_RETURN_IF_ERROR(round_->Advance());
  return true;
}

absl::Status CoordinatorLoop::ActOn(const StepBarrier::Outcome& outcome, uint64_t step) {
  const RoundPlan& plan = options_.plan;
  const absl::Time now = clock_->Now();
  if (!outcome.replies.empty()) last_reply_ = now;
  const bool waited_in_vain =
      (!plan.wall_clock || plan.on_miss == v1::Barrier::WAIT) && !outcome.missing.empty();
  if (waited_in_vain || now - last_reply_ >= plan.stall_after) {
    std::vector<int> missing;
    for (size_t agent = 0; agent < outcome.arrived.size(); ++agent) {
      if (!outcome.arrived[agent]) missing.push_back(static_cast<int>(agent));
    }
    options_.on_stall(missing);
    return StalledAtStep(missing, waited_in_vain ? outcome.open_for : now - last_reply_, step);
  }
  RoundJournal* const journal = options_.journal;
  v1::StepTaken step_taken;  // for the journal
  std::vector<absl::Status> taken(streams_.size(), absl::DeadlineExceededError("no reply"));
  for (const StepBarrier::Reply& reply : outcome.replies) {
    const absl::Span<const v1::Action* const> actions(reply.message.step_reply().actions().data(),
                                                      reply.message.step_reply().actions_size());
    for (int i = 0; i < reply.seats.count; ++i) {
      const int agent = reply.seats.first + i;
      const absl::Span<const v1::Action* const> of_agent = actions.subspan(i * round_->worlds(), round_->worlds());
      taken[agent] = round_->Act(agent, of_agent);
      if (journal != nullptr) Note(agent, of_agent, &step_taken);
    }
  }
  for (size_t i = 0; i < taken.size(); ++i) {
    if (taken[i].ok()) continue;
    const int agent = static_cast<int>(i);
    gateway_->membership().Missed(agent);
    const bool reused =
        plan.on_miss == v1::Barrier::REUSE_LAST && !outcome.arrived[i] && round_->ActAgain(agent);
    if (reused && journal != nullptr) Note(agent, {}, &step_taken);
    options_.warn(absl::StrCat(gateway_->membership().Name(agent),
                               reused ? " repeats its last action" : " is masked", " in round ",
                               round_->number(), " step ", step, ": ", taken[i].message()));
  }
  return journal != nullptr ? journal->Append(step_taken) : absl::OkStatus();
}

absl::Status CoordinatorLoop::StoreEpisodes() {
  Enter(v1::RunStatus::STORING);
  std::vector<Round::Played> played = round_->Finish(policy_version_);
  round_.reset();
  for (const Round::Played& one : played) EK_RETURN_IF_ERROR(sink_->Summarize(one.summary));
  for (Round::Played& one : played) {
    EK_RETURN_IF_ERROR(sink_->Append(std::move(one.episode)));
    gateway_->progress().EpisodeFinished(one.summary);
  }
  return absl::OkStatus();
}

absl::StatusOr<CoordinatorLoop::Awaited> CoordinatorLoop::Await(absl::Time deadline) {
  while (true) {
    const absl::Time expiry = gateway_->membership().NextExpiry(options_.plan.lease);
    const absl::Time until = std::min({deadline, stop_at(), expiry});
    const StepBarrier::Wake wake = gateway_->barrier().Wait(until);
    if (wake == StepBarrier::Wake::kComplete) return Awaited::kComplete;
    if (wake == StepBarrier::Wake::kInterrupted) {
      if (TakeInJoined(step_ + 1)) return Awaited::kRejoined;
      ExcuseTheGone();
      continue;
    }
    if (stopping()) return absl::CancelledError("stopped");
    if (clock_->Now() >= deadline) return Awaited::kDeadline;
    NameTheSilent();
    ExcuseTheGone();
  }
}

bool CoordinatorLoop::TakeInJoined(uint64_t next_step) {
  const bool abandons = !options_.plan.wall_clock && phase_ == Phase::kStep;
  bool any = false;
  for (const Membership::Joined& joined : gateway_->membership().TakeJoined()) {
    any = true;
    came_back_ = joined.seats.first;
    std::fill_n(streams_.begin() + joined.seats.first, joined.seats.count, joined.stream);
    if (abandons) continue;
    const bool asked = phase_ == Phase::kStep && gateway_->barrier().Awaits(joined.seats.first);
    port_->Send(joined.stream, RoundStart(phase_ == Phase::kReady ? 0 : asked ? step_ : next_step));
    if (asked) AskStep(joined.seats, joined.stream);
  }
  return abandons && any;
}

void CoordinatorLoop::ExcuseTheGone() {
  if (!options_.plan.wall_clock) return;
  if (phase_ == Phase::kStep && options_.plan.on_miss == v1::Barrier::WAIT) return;
  const std::vector<bool> connected = gateway_->membership().Connected();
  for (size_t agent = 0; agent < connected.size(); ++agent) {
    if (!connected[agent]) gateway_->barrier().Excuse(static_cast<int>(agent));
  }
}

void CoordinatorLoop::NameTheSilent() {
  for (int agent : gateway_->membership().TakeExpired(options_.plan.lease)) {
    options_.notice(absl::StrCat(gateway_->membership().Name(agent), " has owed a reply for ",
                                 absl::FormatDuration(options_.plan.lease),
                                 " (barrier.lease_seconds): ", gateway_->membership().Whereabouts(agent)));
  }
}

void CoordinatorLoop::AskStep(const Seats& seats, StreamId stream) {
  gateway_->membership().Asked(seats);
  round_->FillRequest(seats, request_.mutable_step_request());
  request_.mutable_step_request()->set_attempt(attempt_);
  port_->Send(stream, request_);
}

std::vector<Membership::Joined> CoordinatorLoop::Streams() const {
  std::vector<Membership::Joined> streams;
  for (size_t agent = 0; agent < streams_.size(); ++agent) {
    if (!streams.empty() && streams.back().stream == streams_[agent]) {
      ++streams.back().seats.count;
    } else {
      streams.push_back({{static_cast<int>(agent), 1}, streams_[agent]});
    }
  }
  return streams;
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
  start->set_attempt(attempt_);
  return message;
}

void CoordinatorLoop::SendToAll(const v1::CoordinatorMessage& message) {
  for (const Membership::Joined& one : Streams()) port_->Send(one.stream, message);
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
