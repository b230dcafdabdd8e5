#include "actor/rollout_loop.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

constexpr absl::Duration kShortestPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Seconds(2);

// A round is some bytes per world and server; more worlds than this are a broken message.
constexpr uint32_t kMaxWorlds = 1 << 16;

absl::Status Stopped() { return absl::CancelledError("stopped"); }

}  // namespace

absl::StatusOr<std::string> RolloutLoop::Run(const absl::Notification* stop) {
  EK_RETURN_IF_ERROR(Join(stop));
  v1::CoordinatorMessage message;
  while (true) {
    absl::Status status = Next(stop, &message);
    if (status.ok() && message.has_goodbye()) return message.goodbye().reason();
    if (status.ok()) status = Handle(message, stop);
    if (absl::IsUnavailable(status)) {
      EK_RETURN_IF_ERROR(Join(stop));
    } else if (!status.ok()) {
      return status;
    }
  }
}

absl::Status RolloutLoop::Join(const absl::Notification* stop) {
  in_round_ = false;
  const absl::Time deadline = clock_->Now() + options_.stall_after;
  for (absl::Duration pause = kShortestPause;; pause = std::min(2 * pause, kLongestPause)) {
    if (stop->HasBeenNotified()) return Stopped();
    const absl::Duration left = deadline - clock_->Now();
    const absl::Status status = environment_->Join(std::min(left, kLongestPause));
    if (!absl::IsUnavailable(status)) return status;
    if (clock_->Now() + pause > deadline) {
      return absl::UnavailableError(absl::StrCat("tried for ", absl::FormatDuration(options_.stall_after),
                                                 " to join the environment: ", status.message()));
    }
    clock_->SleepUntil(clock_->Now() + pause);
  }
}

absl::Status RolloutLoop::Next(const absl::Notification* stop, v1::CoordinatorMessage* message) {
  const absl::Time begin = clock_->Now();
  while (true) {
    if (stop->HasBeenNotified()) return Stopped();
    EK_ASSIGN_OR_RETURN(const bool came, environment_->Next(options_.tick, message));
    if (came) return absl::OkStatus();
    if (const absl::Duration silent = clock_->Now() - begin; silent > options_.stall_after) {
      return absl::DeadlineExceededError(absl::StrCat("stalled: the environment was silent for ",
                                                      absl::FormatDuration(silent), " after ", steps_,
                                                      " steps; look at the coordinator's log"));
    }
  }
}

absl::Status RolloutLoop::Handle(const v1::CoordinatorMessage& message, const absl::Notification* stop) {
  switch (message.message_case()) {
    case v1::CoordinatorMessage::kRoundStart:
      return BeginRound(message.round_start(), stop);
    case v1::CoordinatorMessage::kStepRequest:
      return Step(message.step_request());
    case v1::CoordinatorMessage::kRoundEnd:
      in_round_ = false;
      return absl::OkStatus();
    default:
      return absl::InvalidArgumentError(absl::StrCat("the environment sent a message of kind ",
                                                     message.message_case(), ", expected a round or a step"));
  }
}

absl::Status RolloutLoop::BeginRound(const v1::RoundStart& round, const absl::Notification* stop) {
  if (round.worlds() == 0 || round.worlds() > kMaxWorlds) {
    return absl::InvalidArgumentError(absl::StrCat("round ", round.round(), " has ", round.worlds(),
                                                   " worlds, expected 1 to ", kMaxWorlds));
  }
  uint64_t version = ~uint64_t{0};
  for (PolicyHolder* policy : policies_) {
    EK_RETURN_IF_ERROR(policy->BeginRound(round, stop));
    version = std::min(version, policy->version());
  }
  in_round_ = true;
  round_ = round.round();
  attempt_ = round.attempt();
  worlds_ = static_cast<int>(round.worlds());
  v1::Ready ready;
  ready.set_round(round_);
  ready.set_attempt(attempt_);
  ready.set_policy_version(version);
  return environment_->SendReady(ready);
}

absl::Status RolloutLoop::Step(const v1::StepRequest& request) {
  if (!in_round_ || request.round() != round_ || request.attempt() != attempt_ ||
      request.observations_size() != answers_per_step()) {
    return absl::InvalidArgumentError(
        absl::StrCat("step ", request.step(), " of round ", request.round(), " attempt ", request.attempt(),
                     " came with ", request.observations_size(), " observations, expected ",
                     in_round_ ? absl::StrCat("round ", round_, " attempt ", attempt_, " with ",
                                              answers_per_step(), " observations")
                               : "a round's start first"));
  }
  const std::vector<const v1::Observation*> observations(request.observations().pointer_begin(),
                                                         request.observations().pointer_end());
  std::vector<v1::Action> actions(answers_per_step());
  for (size_t agent = 0; agent < policies_.size(); ++agent) {
    EK_RETURN_IF_ERROR(
        policies_[agent]->Act(absl::MakeConstSpan(observations).subspan(agent * worlds_, worlds_),
                              absl::MakeSpan(actions).subspan(agent * worlds_, worlds_)));
  }
  v1::StepReply reply;
  reply.set_round(request.round());
  reply.set_attempt(request.attempt());
  reply.set_step(request.step());
  for (v1::Action& action : actions) *reply.add_actions() = std::move(action);
  EK_RETURN_IF_ERROR(environment_->SendActions(std::move(reply)));
  ++steps_;
  return absl::OkStatus();
}

}  // namespace evenkeel
