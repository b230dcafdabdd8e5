// Replay over gRPC: translates, and leaves the rest to ReplayTable.
#ifndef EVENKEEL_REPLAY_REPLAY_SERVICE_H_
#define EVENKEEL_REPLAY_REPLAY_SERVICE_H_

#include "protos/replay.grpc.pb.h"
#include "replay/replay_table.h"

namespace evenkeel {

// See replay.proto. A wait ends shortly before the caller's deadline, so that the answer, which says what is
// missing, still arrives; it ends as well when the caller goes away. Thread-safe.
class ReplayService final : public v1::Replay::Service {
 public:
  // `table` is not owned and outlives the service. Close it before the server is shut down.
  explicit ReplayService(ReplayTable* table) : table_(table) {}

  grpc::Status Append(grpc::ServerContext* context, const v1::AppendRequest* request,
                      v1::AppendReply* reply) override;
  grpc::Status Sample(grpc::ServerContext* context, const v1::SampleRequest* request,
                      grpc::ServerWriter<v1::Episode>* writer) override;
  grpc::Status GetInfo(grpc::ServerContext* context, const v1::InfoRequest* request,
                       v1::ReplayInfo* reply) override;

 private:
  ReplayTable* const table_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_REPLAY_SERVICE_H_
