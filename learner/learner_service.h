// The gRPC face of the learner: subscriptions and counters. Translates and delegates.
#ifndef EVENKEEL_LEARNER_LEARNER_SERVICE_H_
#define EVENKEEL_LEARNER_LEARNER_SERVICE_H_

#include <atomic>
#include <functional>

#include "learner/policy_broadcaster.h"
#include "protos/learner.grpc.pb.h"
#include "protos/learner.pb.h"

namespace evenkeel {

// Thread-safe. Each subscriber holds one thread of the server while its stream lives, and never one of the
// learner's.
class LearnerService : public v1::Learner::Service {
 public:
  // More are refused with RESOURCE_EXHAUSTED, so that GetStatus finds a thread.
  static constexpr int kMaxSubscribers = 192;

  // `policies` outlives the service; its Close() ends the streams. `status` is called by many threads.
  LearnerService(PolicyBroadcaster* policies, std::function<v1::LearnerStatus()> status)
      : policies_(policies), status_(std::move(status)) {}

  grpc::Status SubscribePolicies(grpc::ServerContext* context, const v1::SubscribeRequest* request,
                                 grpc::ServerWriter<v1::PolicyParameters>* writer) override;

  grpc::Status GetStatus(grpc::ServerContext* context, const v1::LearnerStatusRequest* request,
                         v1::LearnerStatus* reply) override;

 private:
  PolicyBroadcaster* const policies_;
  const std::function<v1::LearnerStatus()> status_;
  std::atomic<int> subscribers_{0};
};

}  // namespace evenkeel

#endif  // EVENKEEL_LEARNER_LEARNER_SERVICE_H_
