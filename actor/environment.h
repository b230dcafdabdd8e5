// The seam to any multi-agent environment: what the rollout loop of one agent needs of it. Today the
// coordinator is one (coordinator_environment.h); whatever speaks the messages of coordinator.proto in their
// order is another.
#ifndef EVENKEEL_ACTOR_ENVIRONMENT_H_
#define EVENKEEL_ACTOR_ENVIRONMENT_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "protos/coordinator.pb.h"

namespace evenkeel {

// The seat of one agent, or of several that are asked and answer together. Used by one thread.
class Environment {
 public:
  virtual ~Environment() = default;

  // Takes the seat, or takes it again after it was lost. Blocks for `timeout` at most. UNAVAILABLE: not there
  // now, try again later; any other error is final.
  virtual absl::Status Join(absl::Duration timeout) = 0;

  // Moves the next RoundStart, StepRequest, RoundEnd or Goodbye to *message: true. False if none came within
  // `timeout`; ask again. UNAVAILABLE: the seat is lost, Join again; any other error is final. REQUIRES:
  // joined.
  virtual absl::StatusOr<bool> Next(absl::Duration timeout, v1::CoordinatorMessage* message) = 0;

  // Answers a RoundStart. Errors as Next.
  virtual absl::Status SendReady(const v1::Ready& ready) = 0;

  // Answers a StepRequest: one action per agent and world. Errors as Next.
  virtual absl::Status SendActions(v1::StepReply reply) = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ACTOR_ENVIRONMENT_H_
