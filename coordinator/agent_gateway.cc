#include "coordinator/agent_gateway.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace evenkeel {
namespace {

absl::Status NotAsked(uint64_t round, uint64_t step) {
  return absl::InvalidArgumentError(
      absl::StrCat("a StepReply to round ", round, " step ", step, ", which was not asked for"));
}

absl::Status TakenOver(const Seats& seats) {
  return absl::AbortedError(absl::StrCat("a newer stream took the seat of actor-", seats.first,
                                         seats.count > 1 ? " or of one beside it" : ""));
}

}  // namespace

AgentGateway::AgentGateway(AgentGatewayOptions options, Clock* clock)
    : options_(std::move(options)),
      clock_(clock),
      membership_(options_.agents, clock),
      barrier_(options_.agents, clock) {}

absl::StatusOr<Seats> AgentGateway::CheckHello(const v1::Hello& hello) const {
  if (hello.run_id() != options_.run_id) {
    return absl::FailedPreconditionError(absl::StrCat("actor-", hello.agent(), " belongs to run \"",
                                                      hello.run_id(), "\", this is run \"", options_.run_id,
                                                      "\""));
  }
  const uint64_t first = hello.agent(), count = std::max(1u, hello.agents());
  if (first + count > static_cast<uint64_t>(options_.agents)) {
    return absl::InvalidArgumentError(absl::StrCat("there is no seat for agent ", first + count - 1,
                                                   ": topology.lbs is ", options_.agents,
                                                   ", so agents are 0 to ", options_.agents - 1));
  }
  absl::MutexLock lock(&mutex_);
  if (!door_.ok()) return door_;
  return Seats{static_cast<int>(first), static_cast<int>(count)};
}

absl::Status AgentGateway::Seat(const Seats& seats, StreamId stream, const v1::Hello& hello) {
  if (!membership_.Join(seats, stream, hello)) return TakenOver(seats);
  barrier_.Interrupt();
  return absl::OkStatus();
}

absl::StatusOr<bool> AgentGateway::Receive(const Seats& seats, StreamId stream, v1::AgentMessage message) {
  if (!membership_.Holds(seats, stream)) return TakenOver(seats);
  switch (message.message_case()) {
    case v1::AgentMessage::kReady:
      return ReceiveReady(seats, std::move(message));
    case v1::AgentMessage::kStepReply:
      return ReceiveStepReply(seats, std::move(message));
    case v1::AgentMessage::kHello:
      return absl::InvalidArgumentError("a second Hello on one stream");
    default:
      return absl::InvalidArgumentError("a message that is neither Ready nor StepReply");
  }
}

AgentGateway::When AgentGateway::Compare(const Expectation& expected, uint64_t round, uint64_t attempt) {
  if (expected.ready_number == kJoinNumber) return When::kNotYet;
  const auto asked = std::make_pair(expected.round, expected.attempt),
             answered = std::make_pair(round, attempt);
  return answered < asked ? When::kBefore : answered == asked ? When::kNow : When::kNotYet;
}

absl::StatusOr<bool> AgentGateway::ReceiveReady(const Seats& seats, v1::AgentMessage message) {
  const Expectation expected = expectation();
  const v1::Ready& ready = message.ready();
  const uint64_t version = ready.policy_version();
  const When when = Compare(expected, ready.round(), ready.attempt());
  if (when == When::kNotYet) {
    return absl::InvalidArgumentError(absl::StrCat("Ready for round ", ready.round(), " attempt ",
                                                   ready.attempt(), ", which has not started"));
  }
  if (when == When::kNow && version < expected.min_policy_version) {
    return absl::InvalidArgumentError(absl::StrCat("Ready for round ", ready.round(), " with policy version ",
                                                   version, ", which needs at least ",
                                                   expected.min_policy_version));
  }
  membership_.Heard(seats);
  if (when == When::kBefore) return barrier_.DropLate() == StepBarrier::Arrival::kCounted;
  membership_.AnsweredReady(seats, version);
  return barrier_.Arrive(seats, expected.ready_number, std::move(message)) == StepBarrier::Arrival::kCounted;
}

absl::StatusOr<bool> AgentGateway::ReceiveStepReply(const Seats& seats, v1::AgentMessage message) {
  const Expectation expected = expectation();
  const v1::StepReply& reply = message.step_reply();
  const uint64_t step = reply.step();
  const When when = Compare(expected, reply.round(), reply.attempt());
  if (when == When::kNotYet || step >= options_.steps_per_round) return NotAsked(reply.round(), step);
  if (when == When::kBefore) {
    membership_.Heard(seats);
    return barrier_.DropLate() == StepBarrier::Arrival::kCounted;
  }
  if (reply.actions_size() != expected.worlds * seats.count) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a StepReply to round ", reply.round(), " step ", step, " with ", reply.actions_size(),
        " actions, expected one for each of ", seats.count, " agents in ", expected.worlds, " worlds"));
  }
  // Before the barrier, whose next step may ask again at once.
  membership_.Heard(seats);
  switch (barrier_.Arrive(seats, expected.ready_number + 1 + step, std::move(message))) {
    case StepBarrier::Arrival::kCounted:
      membership_.AnsweredStep(seats, step);
      return true;
    case StepBarrier::Arrival::kEarly:
      return NotAsked(expected.round, step);
    default:
      return false;
  }
}

void AgentGateway::Leave(const Seats& seats, StreamId stream) {
  if (membership_.Leave(seats, stream)) barrier_.Interrupt();
}

v1::RunStatus AgentGateway::GetStatus() const {
  v1::RunStatus status;
  progress_.Fill(clock_->Now(), &status);
  for (v1::AgentStatus& agent : membership_.Statuses()) *status.add_agents() = std::move(agent);
  if (status.phase() == v1::RunStatus::JOINING) {
    for (const v1::AgentStatus& agent : status.agents()) {
      if (!agent.connected()) status.add_awaited(agent.agent());
    }
  } else {
    for (int agent : barrier_.Awaited()) status.add_awaited(agent);
  }
  status.set_late_replies(barrier_.late_replies());
  return status;
}

void AgentGateway::BeginRound(uint64_t round, uint64_t attempt, uint64_t min_policy_version, int worlds) {
  absl::MutexLock lock(&mutex_);
  expectation_ = {round, attempt, min_policy_version, worlds, next_number_};
  next_number_ += 2 + options_.steps_per_round;
}

uint64_t AgentGateway::JoinNumber() const {
  const uint64_t ready = ReadyNumber();
  return ready == kJoinNumber ? kJoinNumber : ready + 1 + options_.steps_per_round;
}

void AgentGateway::CloseDoor(const absl::Status& why) {
  absl::MutexLock lock(&mutex_);
  door_ = why;
}

AgentGateway::Expectation AgentGateway::expectation() const {
  absl::MutexLock lock(&mutex_);
  return expectation_;
}

}  // namespace evenkeel
