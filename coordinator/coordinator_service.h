// Coordinator over gRPC: carries what AgentGateway and CoordinatorLoop say, and nothing else.
#ifndef EVENKEEL_COORDINATOR_COORDINATOR_SERVICE_H_
#define EVENKEEL_COORDINATOR_COORDINATOR_SERVICE_H_

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "coordinator/agent_gateway.h"
#include "coordinator/agent_port.h"
#include "protos/coordinator.grpc.pb.h"

namespace evenkeel {

class AgentStream;

// Thread-safe. Needs no thread of its own: gRPC's callbacks do all work. Per stream one write is in flight
// and at most kMaxQueued messages wait; a StepRequest replaces one that still waits, since only the newest
// can be answered in time. The stream of an agent that lets the queue run full ends with RESOURCE_EXHAUSTED.
class CoordinatorService : public v1::Coordinator::CallbackService, public AgentPort {
 public:
  static constexpr size_t kMaxQueued = 16;

  // Streams open at once, seated or not; more are refused with RESOURCE_EXHAUSTED.
  size_t max_streams() const { return 4 * static_cast<size_t>(gateway_->options().agents) + 16; }

  // `gateway` outlives the service. The service outlives the server that it is registered with.
  explicit CoordinatorService(AgentGateway* gateway);
  ~CoordinatorService() override;

  grpc::ServerBidiReactor<v1::AgentMessage, v1::CoordinatorMessage>* Join(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context, const v1::StatusRequest* request,
                                      v1::RunStatus* reply) override;

  void Send(int agent, StreamId stream, const v1::CoordinatorMessage& message) override;
  void EndAll(const absl::Status& status, const std::string& reason) override;

 private:
  friend class AgentStream;

  // Gives the stream the seat it asks for, and ends the older streams of that agent.
  absl::Status Hello(AgentStream* stream, const v1::AgentMessage& message);
  void Forget(StreamId stream);

  AgentGateway* const gateway_;
  absl::Mutex mutex_;  // acquired before that of a stream
  std::map<StreamId, std::shared_ptr<AgentStream>> streams_ ABSL_GUARDED_BY(mutex_);
  StreamId newest_stream_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_COORDINATOR_SERVICE_H_
