// The learner, seen from an actor: a subscription that keeps the newest policy at hand.
#ifndef EVENKEEL_LEARNER_CHECKPOINT_CLIENT_H_
#define EVENKEEL_LEARNER_CHECKPOINT_CLIENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "common/clock.h"
#include "common/named_thread.h"
#include "learner/policy_source.h"
#include "protos/learner.grpc.pb.h"
#include "protos/learner.pb.h"

namespace evenkeel {

// The learner's counters, asked at `address` (HOST:PORT). Blocks for `timeout` at most.
absl::StatusOr<v1::LearnerStatus> GetLearnerStatus(const std::string& address, absl::Duration timeout);

// Subscribes on a thread of its own, and again whenever the stream breaks, at least 50 ms and at most 2 s
// apart, until it is destroyed. It asks `find_address` before every attempt, so that a learner that was
// restarted elsewhere is found. A policy that arrives damaged is dropped and asked for again. Thread-safe.
class PolicySubscription : public PolicySource {
 public:
  struct Options {
    std::string subscriber;                                     // for messages to people, e.g. "actor-1"
    std::function<absl::StatusOr<std::string>()> find_address;  // HOST:PORT; returns soon
  };

  PolicySubscription(Options options, Clock* clock);

  PolicySubscription(const PolicySubscription&) = delete;
  PolicySubscription& operator=(const PolicySubscription&) = delete;

  // Ends the stream and joins the thread.
  ~PolicySubscription() override;

  absl::StatusOr<SharedPolicy> AwaitVersion(uint64_t min_version, absl::Duration patience,
                                            const absl::Notification* stop) override;

  // The newest received; null before the first.
  SharedPolicy newest() const { return received_.newest(); }

 private:
  void Receive();
  absl::Status ReceiveOnce();
  absl::Status Take(const v1::PolicyParcel& parcel);
  absl::StatusOr<std::string> FindAddress();
  absl::optional<uint64_t> LearnerUpdates();
  absl::Status Stalled(uint64_t min_version, absl::Duration waited);

  const Options options_;
  Clock* const clock_;
  PolicyBroadcaster received_;
  absl::Notification ended_;

  absl::Mutex mutex_;
  grpc::ClientContext* stream_ ABSL_GUARDED_BY(mutex_) = nullptr;  // of the call under way
  std::string address_ ABSL_GUARDED_BY(mutex_);                    // empty before it was found
  absl::Status trouble_ ABSL_GUARDED_BY(mutex_);                   // how the last stream ended
  NamedThread thread_;  // last: it is joined before what it uses is destroyed
};

}  // namespace evenkeel

#endif  // EVENKEEL_LEARNER_CHECKPOINT_CLIENT_H_
