#include "coordinator/agent_gateway.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace evenkeel {

AgentGateway::AgentGateway(AgentGatewayOptions options, Clock* clock)
    : options_(std::move(options)), membership_(options_.agents, clock), barrier_(options_.agents, clock) {}

absl::Status AgentGateway::CheckHello(const v1::Hello& hello) const {
  if (hello.run_id() != options_.run_id) {
    return absl::FailedPreconditionError(absl::StrCat("actor-", hello.agent(), " belongs to run \"",
                                                      hello.run_id(), "\", this is run \"", options_.run_id,
                                                      "\""));
  }
  if (hello.agent() >= static_cast<uint32_t>(options_.agents)) {
    return absl::InvalidArgumentError(absl::StrCat("there is no seat for agent ", hello.agent(),
                                                   ": topology.lbs is ", options_.agents,
                                                   ", so agents are 0 to ", options_.agents - 1));
  }
  absl::MutexLock lock(&mutex_);
  return door_closed_ ? absl::FailedPreconditionError("the run is over") : absl::OkStatus();
}

absl::Status AgentGateway::Seat(StreamId stream, const v1::Hello& hello) {
  if (!membership_.Join(stream, hello)) {
    return absl::AbortedError(absl::StrCat("a newer stream took the seat of actor-", hello.agent()));
  }
  barrier_.Interrupt();
  return absl::OkStatus();
}

absl::StatusOr<bool> AgentGateway::Receive(int agent, StreamId stream, v1::AgentMessage message) {
  if (!membership_.Holds(agent, stream)) {
    return absl::AbortedError(absl::StrCat("a newer stream took the seat of actor-", agent));
  }
  switch (message.message_case()) {
    case v1::AgentMessage::kReady:
      return ReceiveReady(agent, std::move(message));
    case v1::AgentMessage::kStepReply:
      return ReceiveStepReply(agent, std::move(message));
    case v1::AgentMessage::kHello:
      return absl::InvalidArgumentError("a second Hello on one stream");
    default:
      return absl::InvalidArgumentError("a message that is neither Ready nor StepReply");
  }
}

absl::StatusOr<bool> AgentGateway::ReceiveReady(int agent, v1::AgentMessage message) {
  const Expectation expected = expectation();
  const uint64_t round = message.ready().round();
  const uint64_t version = message.ready().policy_version();
  if (!expected.any || round > expected.round) {
    return absl::InvalidArgumentError(absl::StrCat("Ready for round ", round, ", which has not started"));
  }
  if (round == expected.round && version < expected.min_policy_version) {
    return absl::InvalidArgumentError(absl::StrCat("Ready for round ", round, " with policy version ",
                                                   version, ", which needs at least ",
                                                   expected.min_policy_version));
  }
  membership_.AnsweredReady(agent, version);
  return barrier_.Arrive(agent, ReadyNumber(round), std::move(message)) == StepBarrier::Arrival::kCounted;
}

absl::StatusOr<bool> AgentGateway::ReceiveStepReply(int agent, v1::AgentMessage message) {
  const Expectation expected = expectation();
  const uint64_t round = message.step_reply().round();
  const uint64_t step = message.step_reply().step();
  const int actions = message.step_reply().actions_size();
  if (!expected.any || round > expected.round || step >= options_.steps_per_round) {
    return absl::InvalidArgumentError(
        absl::StrCat("a StepReply to round ", round, " step ", step, ", which was not asked for"));
  }
  if (round == expected.round && actions != expected.worlds) {
    return absl::InvalidArgumentError(absl::StrCat("a StepReply to round ", round, " step ", step, " with ",
                                                   actions, " actions, expected one for each of ",
                                                   expected.worlds, " worlds"));
  }
  switch (barrier_.Arrive(agent, StepNumber(round, step), std::move(message))) {
    case StepBarrier::Arrival::kCounted:
      membership_.AnsweredStep(agent, step);
      return true;
    case StepBarrier::Arrival::kEarly:
      return absl::InvalidArgumentError(
          absl::StrCat("a StepReply to round ", round, " step ", step, ", which was not asked for"));
    default:
      return false;
  }
}

void AgentGateway::Leave(int agent, StreamId stream) {
  if (membership_.Leave(agent, stream)) barrier_.Interrupt();
}

v1::RunStatus AgentGateway::GetStatus() const {
  v1::RunStatus status;
  progress_.Fill(&status);
  for (v1::AgentStatus& agent : membership_.Statuses()) *status.add_agents() = std::move(agent);
  return status;
}

void AgentGateway::BeginRound(uint64_t round, uint64_t min_policy_version, int worlds) {
  absl::MutexLock lock(&mutex_);
  expectation_ = {round, min_policy_version, worlds, true};
}

void AgentGateway::CloseDoor() {
  absl::MutexLock lock(&mutex_);
  door_closed_ = true;
}

AgentGateway::Expectation AgentGateway::expectation() const {
  absl::MutexLock lock(&mutex_);
  return expectation_;
}

}  // namespace evenkeel
