#include "actor/coordinator_environment.h"

#include <utility>

#include "common/status_macros.h"

namespace evenkeel {
namespace {

// A stream that the other side tore down may show as CANCELLED: to us that is a lost seat, we never cancel.
absl::Status Translated(const absl::Status& status) {
  return absl::IsCancelled(status) ? absl::UnavailableError(status.message()) : status;
}

}  // namespace

absl::Status CoordinatorEnvironment::Join(absl::Duration timeout) {
  session_ = nullptr;
  EK_ASSIGN_OR_RETURN(const std::string address, find_address_());
  absl::StatusOr<std::unique_ptr<CoordinatorSession>> session =
      CoordinatorSession::Join(address, hello_, timeout);
  if (absl::IsDeadlineExceeded(session.status())) return absl::UnavailableError(session.status().message());
  // Whoever was given a dead coordinator's port knows nothing of agents.
  if (absl::IsUnimplemented(session.status())) return absl::UnavailableError(session.status().message());
  if (!session.ok()) return Translated(session.status());
  session_ = *std::move(session);
  return absl::OkStatus();
}

absl::StatusOr<bool> CoordinatorEnvironment::Next(absl::Duration timeout, v1::CoordinatorMessage* message) {
  absl::StatusOr<bool> came = session_->Read(timeout, message);
  if (!came.ok()) return Translated(came.status());
  return came;
}

absl::Status CoordinatorEnvironment::SendReady(const v1::Ready& ready) {
  v1::AgentMessage message;
  *message.mutable_ready() = ready;
  return Translated(session_->Write(message));
}

absl::Status CoordinatorEnvironment::SendActions(v1::StepReply reply) {
  v1::AgentMessage message;
  *message.mutable_step_reply() = std::move(reply);
  return Translated(session_->Write(message));
}

}  // namespace evenkeel
