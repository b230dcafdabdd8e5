// The coordinator as an agent's environment.
#ifndef EVENKEEL_ACTOR_COORDINATOR_ENVIRONMENT_H_
#define EVENKEEL_ACTOR_COORDINATOR_ENVIRONMENT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "actor/environment.h"
#include "coordinator/coordinator_client.h"
#include "protos/coordinator.pb.h"

namespace evenkeel {

class CoordinatorEnvironment : public Environment {
 public:
  // `find_address` gives the coordinator's HOST:PORT, returns soon, and is asked at every Join: one that was
  // restarted elsewhere is found. Its UNAVAILABLE means "not there yet".
  CoordinatorEnvironment(v1::Hello hello, std::function<absl::StatusOr<std::string>()> find_address)
      : hello_(std::move(hello)), find_address_(std::move(find_address)) {}

  absl::Status Join(absl::Duration timeout) override;
  absl::StatusOr<bool> Next(absl::Duration timeout, v1::CoordinatorMessage* message) override;
  absl::Status SendReady(const v1::Ready& ready) override;
  absl::Status SendActions(v1::StepReply reply) override;

 private:
  const v1::Hello hello_;
  const std::function<absl::StatusOr<std::string>()> find_address_;
  std::unique_ptr<CoordinatorSession> session_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ACTOR_COORDINATOR_ENVIRONMENT_H_
