// The coordinator's clients: an agent's seat, and the status of the run.
#ifndef EVENKEEL_COORDINATOR_COORDINATOR_CLIENT_H_
#define EVENKEEL_COORDINATOR_COORDINATOR_CLIENT_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "protos/coordinator.pb.h"

namespace evenkeel {

// An agent's seat at the coordinator for as long as the object lives (protos/coordinator.proto tells the
// order of messages). One thread reads and writes; it does the network's work itself, so no other thread
// stands between it and the barrier. Errors carry the coordinator's status and name it: "coordinator at
// 127.0.0.1:4711: ..."; after one, all calls give it again.
class CoordinatorSession {
 public:
  // Dials, says Hello and waits for Welcome. UNAVAILABLE: nobody there. DEADLINE_EXCEEDED: no Welcome within
  // `timeout`. FAILED_PRECONDITION, INVALID_ARGUMENT: refused (other run, no such seat).
  static absl::StatusOr<std::unique_ptr<CoordinatorSession>> Join(const std::string& address,
                                                                  const v1::Hello& hello,
                                                                  absl::Duration timeout);

  CoordinatorSession(const CoordinatorSession&) = delete;
  CoordinatorSession& operator=(const CoordinatorSession&) = delete;

  // Leaves the seat.
  virtual ~CoordinatorSession() = default;

  virtual const v1::Welcome& welcome() const = 0;

  // Blocks until the next message, and moves it to *message: true. False if none came within `timeout`; call
  // again to go on waiting. OUT_OF_RANGE: the coordinator ended the stream in order (after Goodbye).
  virtual absl::StatusOr<bool> Read(absl::Duration timeout, v1::CoordinatorMessage* message) = 0;

  // Sends `message`. May return before it is on the wire, and blocks only while the one before is not.
  virtual absl::Status Write(const v1::AgentMessage& message) = 0;

  // Ends the session at once: the call under way, and all later ones, return CANCELLED. Any thread.
  virtual void Cancel() = 0;

 protected:
  CoordinatorSession() = default;
};

// Asks where the run stands. Thread-safe.
class CoordinatorStatusClient {
 public:
  // Does not block and does not fail.
  explicit CoordinatorStatusClient(const std::string& address);
  ~CoordinatorStatusClient();

  // Blocks up to `timeout`. Errors name the coordinator's address.
  absl::StatusOr<v1::RunStatus> GetStatus(absl::Duration timeout);

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_COORDINATOR_CLIENT_H_
