#include "learner/learner_service.h"

#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/proto_buffer_writer.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "learner/policy_parcel.h"

namespace evenkeel {
namespace {

// How soon the thread that packs notices that it is to end, where no version wakes it.
constexpr absl::Duration kTick = absl::Milliseconds(100);

std::shared_ptr<const LearnerService::Packed> Pack(const v1::PolicyParameters& policy) {
  auto packed = std::make_shared<LearnerService::Packed>();
  packed->version = policy.version();
  bool own;
  grpc::SerializationTraits<v1::PolicyParcel>::Serialize(PackPolicy(policy), &packed->bytes, &own);
  return packed;
}

class RefusedStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  explicit RefusedStream(const absl::Status& status) { Finish(ToGrpcStatus(status)); }
  void OnDone() override { delete this; }
};

}  // namespace

// One subscription. gRPC only queues what StartWrite and Finish begin, so they are called with the lock held.
class PolicyStream final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
 public:
  // `wanted`: the oldest version that it does not have.
  PolicyStream(LearnerService* service, uint64_t wanted) : service_(service), wanted_(wanted) {}

  void Offer(std::shared_ptr<const LearnerService::Packed> packed) {
    absl::MutexLock lock(&mutex_);
    if (packed->version < wanted_) return;
    waiting_ = std::move(packed);
    WriteNext();
  }

  // Ends the stream after what waits.
  void End(const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    if (!ending_) end_status_ = status;
    ending_ = true;
    if (!status.ok()) waiting_ = nullptr;
    WriteNext();
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mutex_);
    writing_ = nullptr;
    if (!ok) waiting_ = nullptr;
    WriteNext();
  }

  void OnCancel() override { End(absl::CancelledError("the subscriber is gone")); }

  void OnDone() override { service_->Forget(this); }  // destroys this

 private:
  void WriteNext() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ != nullptr || finished_) return;
    if (waiting_ != nullptr) {
      writing_ = std::move(waiting_);
      waiting_ = nullptr;
      wanted_ = writing_->version + 1;
      StartWrite(&writing_->bytes);
    } else if (ending_) {
      finished_ = true;
      Finish(ToGrpcStatus(end_status_));
    }
  }

  LearnerService* const service_;
  absl::Mutex mutex_;
  uint64_t wanted_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const LearnerService::Packed> writing_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const LearnerService::Packed> waiting_ ABSL_GUARDED_BY(mutex_);
  bool ending_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status end_status_ ABSL_GUARDED_BY(mutex_);
};

LearnerService::LearnerService(PolicyBroadcaster* policies, std::function<v1::LearnerStatus()> status)
    : policies_(policies), status_(std::move(status)), thread_("broadcast", [this] { Broadcast(); }) {}

LearnerService::~LearnerService() { leaving_.Notify(); }

void LearnerService::Broadcast() {
  uint64_t wanted = 0;
  while (!leaving_.HasBeenNotified()) {
    const bool closed = policies_->closed();
    const SharedPolicy policy = policies_->Await(wanted, kTick);
    if (policy != nullptr) {
      wanted = policy->version() + 1;
      OfferToAll(Pack(*policy));
    } else if (closed) {
      EndAll();
      return;
    }
  }
}

void LearnerService::OfferToAll(std::shared_ptr<const Packed> packed) {
  absl::MutexLock lock(&mutex_);
  newest_ = packed;
  for (PolicyStream* stream : streams_) stream->Offer(packed);
}

void LearnerService::EndAll() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
  for (PolicyStream* stream : streams_) stream->End(absl::OkStatus());
}

void LearnerService::Forget(PolicyStream* stream) {
  {
    absl::MutexLock lock(&mutex_);
    streams_.erase(stream);
  }
  delete stream;
}

grpc::ServerWriteReactor<grpc::ByteBuffer>* LearnerService::SubscribePolicies(
    grpc::CallbackServerContext* /*context*/, const grpc::ByteBuffer* request) {
  v1::SubscribeRequest asked;
  grpc::ByteBuffer bytes = *request;
  if (!grpc::SerializationTraits<v1::SubscribeRequest>::Deserialize(&bytes, &asked).ok()) {
    return new RefusedStream(absl::InvalidArgumentError("a message that is no SubscribeRequest"));
  }
  absl::MutexLock lock(&mutex_);
  if (streams_.size() >= kMaxSubscribers) {
    return new RefusedStream(absl::ResourceExhaustedError(
        absl::StrCat("the learner serves ", kMaxSubscribers, " subscribers, no more")));
  }
  auto* stream = new PolicyStream(this, asked.has_version() ? asked.have_version() + 1 : 0);
  streams_.insert(stream);
  if (newest_ != nullptr) stream->Offer(newest_);
  if (closed_) stream->End(absl::OkStatus());
  return stream;
}

grpc::ServerUnaryReactor* LearnerService::GetStatus(grpc::CallbackServerContext* context,
                                                    const v1::LearnerStatusRequest* /*request*/,
                                                    v1::LearnerStatus* reply) {
  *reply = status_();
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace evenkeel
