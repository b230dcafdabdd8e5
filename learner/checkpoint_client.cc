#include "learner/checkpoint_client.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/grpc_channel.h"
#include "common/grpc_status.h"
#include "common/status_macros.h"
#include "learner/policy_parcel.h"

namespace evenkeel {
namespace {

constexpr absl::Duration kShortestPause = absl::Milliseconds(50);
constexpr absl::Duration kLongestPause = absl::Seconds(2);
constexpr absl::Duration kStatusTimeout = absl::Seconds(2);
constexpr absl::Duration kTick = absl::Milliseconds(200);
constexpr int kLooksPerPatience = 8;

// Hidden width 1024 with 48 servers is some 40 MB.
constexpr int kMaxPolicyBytes = 512 << 20;

}  // namespace

absl::StatusOr<v1::LearnerStatus> GetLearnerStatus(const std::string& address, absl::Duration timeout) {
  const std::unique_ptr<v1::Learner::Stub> stub = v1::Learner::NewStub(MakeGrpcChannel(address));
  grpc::ClientContext context;
  context.set_deadline(GrpcDeadlineIn(timeout));
  v1::LearnerStatus status;
  EK_RETURN_IF_ERROR(FromGrpcStatus(stub->GetStatus(&context, v1::LearnerStatusRequest(), &status)));
  return status;
}

PolicySubscription::PolicySubscription(Options options, Clock* clock)
    : options_(std::move(options)), clock_(clock), thread_("policy_stream", [this] { Receive(); }) {}

PolicySubscription::~PolicySubscription() {
  ended_.Notify();
  absl::MutexLock lock(&mutex_);
  if (stream_ != nullptr) stream_->TryCancel();
}

void PolicySubscription::Receive() {
  absl::Duration pause = kShortestPause;
  while (!ended_.HasBeenNotified()) {
    const uint64_t before = received_.newest() == nullptr ? 0 : received_.newest()->version() + 1;
    const absl::Status status = ReceiveOnce();
    {
      absl::MutexLock lock(&mutex_);
      trouble_ = status;
    }
    const uint64_t after = received_.newest() == nullptr ? 0 : received_.newest()->version() + 1;
    pause = after > before ? kShortestPause : std::min(2 * pause, kLongestPause);
    ended_.WaitForNotificationWithTimeout(pause);
  }
}

absl::StatusOr<std::string> PolicySubscription::FindAddress() {
  EK_ASSIGN_OR_RETURN(const std::string address, options_.find_address());
  absl::MutexLock lock(&mutex_);
  address_ = address;
  return address;
}

absl::Status PolicySubscription::ReceiveOnce() {
  EK_ASSIGN_OR_RETURN(const std::string address, FindAddress());
  const std::unique_ptr<v1::Learner::Stub> stub =
      v1::Learner::NewStub(MakeGrpcChannel(address, kMaxPolicyBytes));
  v1::SubscribeRequest request;
  request.set_subscriber(options_.subscriber);
  if (const SharedPolicy newest = received_.newest(); newest != nullptr) {
    request.set_has_version(true);
    request.set_have_version(newest->version());
  }
  grpc::ClientContext context;
  {
    absl::MutexLock lock(&mutex_);
    if (ended_.HasBeenNotified()) return absl::CancelledError("the subscription ended");
    stream_ = &context;
  }
  const std::unique_ptr<grpc::ClientReader<v1::PolicyParcel>> reader =
      stub->SubscribePolicies(&context, request);
  absl::Status damage;
  for (v1::PolicyParcel parcel; damage.ok() && reader->Read(&parcel); parcel.Clear()) {
    damage = Take(parcel);
  }
  if (!damage.ok()) context.TryCancel();
  const absl::Status ended = FromGrpcStatus(reader->Finish());
  absl::MutexLock lock(&mutex_);
  stream_ = nullptr;
  return damage.ok() ? ended : damage;
}

absl::Status PolicySubscription::Take(const v1::PolicyParcel& parcel) {
  EK_ASSIGN_OR_RETURN(v1::PolicyParameters policy, UnpackPolicy(parcel));
  received_.Publish(std::make_shared<v1::PolicyParameters>(std::move(policy)));
  return absl::OkStatus();
}

absl::optional<uint64_t> PolicySubscription::LearnerUpdates() {
  std::string address;
  {
    absl::MutexLock lock(&mutex_);
    address = address_;
  }
  if (address.empty()) return absl::nullopt;
  const absl::StatusOr<v1::LearnerStatus> status = GetLearnerStatus(address, kStatusTimeout);
  if (!status.ok()) return absl::nullopt;
  return status->updates();
}

absl::Status PolicySubscription::Stalled(uint64_t min_version, absl::Duration waited) {
  const SharedPolicy held = received_.newest();
  absl::MutexLock lock(&mutex_);
  return absl::DeadlineExceededError(absl::StrCat(
      "stalled: ", options_.subscriber, " waited ", absl::FormatDuration(waited), " for policy version ",
      min_version, " of the learner at ", address_.empty() ? "(address not known)" : address_, ", holds ",
      held == nullptr ? "none" : absl::StrCat("version ", held->version()),
      trouble_.ok() ? std::string() : absl::StrCat("; last stream: ", trouble_.message()),
      "; look at the learner's log"));
}

absl::StatusOr<SharedPolicy> PolicySubscription::AwaitVersion(uint64_t min_version, absl::Duration patience,
                                                              const absl::Notification* stop) {
  const absl::Duration pause = patience / kLooksPerPatience;
  absl::Time last_progress = clock_->Now();
  absl::Time next_look = last_progress + pause;
  absl::optional<uint64_t> updates;
  while (true) {
    if (stop->HasBeenNotified()) return absl::CancelledError("stopped while waiting for a policy");
    SharedPolicy policy = received_.Await(min_version, std::min(kTick, pause));
    if (policy != nullptr) return policy;
    const absl::Time now = clock_->Now();
    if (now < next_look) continue;
    next_look = now + pause;
    const absl::optional<uint64_t> seen = LearnerUpdates();
    if (updates.has_value() && seen.has_value() && seen != updates) last_progress = now;
    if (seen.has_value()) updates = seen;
    if (now - last_progress >= patience) return Stalled(min_version, now - last_progress);
  }
}

}  // namespace evenkeel
