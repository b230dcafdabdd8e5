// The way from the coordinator to its agents, whatever carries it.
#ifndef EVENKEEL_COORDINATOR_AGENT_PORT_H_
#define EVENKEEL_COORDINATOR_AGENT_PORT_H_

#include <string>

#include "absl/status/status.h"
#include "coordinator/seats.h"
#include "protos/coordinator.pb.h"

namespace evenkeel {

// Thread-safe.
class AgentPort {
 public:
  virtual ~AgentPort() = default;

  // Queues `message` for all agents of this stream and returns at once. Dropped if the stream has ended. A
  // StepRequest waits while the one before it is unanswered, and is dropped if another message follows
  // meanwhile.
  virtual void Send(StreamId stream, const v1::CoordinatorMessage& message) = 0;

  // Ends every stream once what is queued has been written: with Goodbye{reason} and OK if `status` is OK,
  // with `status` otherwise. Does not block.
  virtual void EndAll(const absl::Status& status, const std::string& reason) = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_AGENT_PORT_H_
