// The gRPC face of the learner: subscriptions and counters. Translates and delegates.
#ifndef EVENKEEL_LEARNER_LEARNER_SERVICE_H_
#define EVENKEEL_LEARNER_LEARNER_SERVICE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <set>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "common/named_thread.h"
#include "learner/policy_broadcaster.h"
#include "protos/learner.grpc.pb.h"
#include "protos/learner.pb.h"

namespace evenkeel {

class PolicyStream;

// SubscribePolicies with messages as bytes, so that a version is serialised once for all; GetStatus as usual.
using RawLearnerService = v1::Learner::WithRawCallbackMethod_SubscribePolicies<
    v1::Learner::WithCallbackMethod_GetStatus<v1::Learner::Service>>;

// Thread-safe. One thread packs each version, once, and offers it to all subscribers; they share its bytes.
// Per subscriber one version is being written and one at most waits, which a newer one replaces: a slow
// subscriber skips versions, and holds up neither the learner nor the others.
class LearnerService : public RawLearnerService {
 public:
  // More are refused with RESOURCE_EXHAUSTED.
  static constexpr size_t kMaxSubscribers = 4096;

  // A version as all subscribers are sent it.
  struct Packed {
    uint64_t version;
    grpc::ByteBuffer bytes;  // a PolicyParcel
  };

  // `policies` outlives the service; its Close() ends the streams. `status` is called by many threads. The
  // service outlives the server that it is registered with.
  LearnerService(PolicyBroadcaster* policies, std::function<v1::LearnerStatus()> status);
  ~LearnerService() override;

  grpc::ServerWriteReactor<grpc::ByteBuffer>* SubscribePolicies(grpc::CallbackServerContext* context,
                                                                const grpc::ByteBuffer* request) override;

  grpc::ServerUnaryReactor* GetStatus(grpc::CallbackServerContext* context,
                                      const v1::LearnerStatusRequest* request,
                                      v1::LearnerStatus* reply) override;

 private:
  friend class PolicyStream;

  void Broadcast();
  void OfferToAll(std::shared_ptr<const Packed> packed);
  void EndAll();
  void Forget(PolicyStream* stream);

  PolicyBroadcaster* const policies_;
  const std::function<v1::LearnerStatus()> status_;
  absl::Notification leaving_;

  absl::Mutex mutex_;  // acquired before that of a stream
  std::set<PolicyStream*> streams_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const Packed> newest_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;  // no version will follow
  NamedThread thread_;                           // last: it is joined before what it uses is destroyed
};

}  // namespace evenkeel

#endif  // EVENKEEL_LEARNER_LEARNER_SERVICE_H_
