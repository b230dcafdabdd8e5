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

// Join with messages as bytes, so that what is sent is serialised once, by whoever sends it; GetStatus as
// usual.
using RawCoordinatorService = v1::Coordinator::WithRawCallbackMethod_Join<
    v1::Coordinator::WithCallbackMethod_GetStatus<v1::Coordinator::Service>>;

// Thread-safe. Needs no thread of its own: gRPC's callbacks do all work. Per stream one write is in flight
// and at most kMaxQueued messages wait. A StepRequest waits while the one before it is unanswered, and any
// later message replaces it: a late agent finds the newest, and no backlog. The stream of an agent that lets
// the queue run full ends with RESOURCE_EXHAUSTED.
class CoordinatorService : public RawCoordinatorService, public AgentPort {
 public:
  static constexpr size_t kMaxQueued = 16;

  // Streams open at once, seated or not; more are refused with RESOURCE_EXHAUSTED.
  size_t max_streams() const { return 4 * static_cast<size_t>(gateway_->options().agents) + 16; }

  // `gateway` outlives the service. The service outlives the server that it is registered with.
  explicit CoordinatorService(AgentGateway* gateway);
  ~CoordinatorService() override;

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* Join(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context, const v1::StatusRequest* request,
                                      v1::RunStatus* reply) override;

  void Send(StreamId stream, const v1::CoordinatorMessage& message) override;
  void EndAll(const absl::Status& status, const std::string& reason) override;

 private:
  friend class AgentStream;

  // Gives the stream the seats it asks for, and ends the older streams that sat there.
  absl::Status Hello(AgentStream* stream, const v1::AgentMessage& message);
  void Forget(StreamId stream);

  AgentGateway* const gateway_;
  absl::Mutex mutex_;  // acquired before that of a stream
  std::map<StreamId, std::shared_ptr<AgentStream>> streams_ ABSL_GUARDED_BY(mutex_);
  StreamId newest_stream_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_COORDINATOR_SERVICE_H_
