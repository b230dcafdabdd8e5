// Replay over gRPC: translates, and leaves the rest to ReplayTables.
#ifndef EVENKEEL_REPLAY_REPLAY_SERVICE_H_
#define EVENKEEL_REPLAY_REPLAY_SERVICE_H_

#include "protos/replay.grpc.pb.h"
#include "replay/replay_tables.h"

namespace evenkeel {

// See replay.proto. A wait ends shortly before the caller's deadline, so that the answer, which says what is
// missing, still arrives; it ends as well when the caller goes away. Thread-safe.
class ReplayService final : public v1::Replay::Service {
 public:
  // `tables` is not owned and outlives the service. Close it before the server is shut down.
  explicit ReplayService(ReplayTables* tables) : tables_(tables) {}

  grpc::Status Append(grpc::ServerContext* context, const v1::AppendRequest* request,
                      v1::AppendReply* reply) override;
  grpc::Status Sample(grpc::ServerContext* context, const v1::SampleRequest* request,
                      grpc::ServerWriter<v1::SampledItem>* writer) override;
  grpc::Status UpdatePriorities(grpc::ServerContext* context, const v1::UpdatePrioritiesRequest* request,
                                v1::UpdatePrioritiesReply* reply) override;
  grpc::Status Snapshot(grpc::ServerContext* context, const v1::SnapshotRequest* request,
                        v1::SnapshotReply* reply) override;
  grpc::Status GetInfo(grpc::ServerContext* context, const v1::InfoRequest* request,
                       v1::ReplayInfo* reply) override;

 private:
  ReplayTables* const tables_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_REPLAY_SERVICE_H_
