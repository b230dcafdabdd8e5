#include "learner/learner_service.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace evenkeel {
namespace {

// How soon a stream whose subscriber went away is noticed.
constexpr absl::Duration kTick = absl::Milliseconds(200);

class CountedSeat {
 public:
  explicit CountedSeat(std::atomic<int>* taken) : taken_(taken), number_(++*taken) {}
  ~CountedSeat() { --*taken_; }

  int number() const { return number_; }

 private:
  std::atomic<int>* const taken_;
  const int number_;
};

}  // namespace

grpc::Status LearnerService::SubscribePolicies(grpc::ServerContext* context,
                                               const v1::SubscribeRequest* request,
                                               grpc::ServerWriter<v1::PolicyParameters>* writer) {
  const CountedSeat seat(&subscribers_);
  if (seat.number() > kMaxSubscribers) {
    return grpc::Status(grpc::StatusCode::RESOURCE_EXHAUSTED,
                        absl::StrCat("the learner serves ", kMaxSubscribers, " subscribers, no more"));
  }
  uint64_t wanted = request->has_version() ? request->have_version() + 1 : 0;
  while (!context->IsCancelled()) {
    const bool closed = policies_->closed();
    const SharedPolicy policy = policies_->Await(wanted, kTick);
    if (policy == nullptr && closed) return grpc::Status::OK;
    if (policy == nullptr) continue;
    if (!writer->Write(*policy)) break;
    wanted = policy->version() + 1;
  }
  return grpc::Status::CANCELLED;
}

grpc::Status LearnerService::GetStatus(grpc::ServerContext*, const v1::LearnerStatusRequest*,
                                       v1::LearnerStatus* reply) {
  *reply = status_();
  return grpc::Status::OK;
}

}  // namespace evenkeel
