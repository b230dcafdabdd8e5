// Hands the newest policy from one thread to any number of waiting ones. A slow taker skips versions and
// holds nobody up: one policy is kept, whatever the number of takers. The learner has one, for its
// subscribers; so has each actor.
#ifndef EVENKEEL_LEARNER_POLICY_BROADCASTER_H_
#define EVENKEEL_LEARNER_POLICY_BROADCASTER_H_

#include <cstdint>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "protos/learner.pb.h"

namespace evenkeel {

using SharedPolicy = std::shared_ptr<const v1::PolicyParameters>;

// Where the learner's loop leaves each version.
class PolicyPublisher {
 public:
  virtual ~PolicyPublisher() = default;

  // Offers `policy` to all who act. Never blocks on them.
  virtual void Publish(SharedPolicy policy) = 0;
};

// Thread-safe.
class PolicyBroadcaster : public PolicyPublisher {
 public:
  // Replaces the policy kept and wakes the takers. One that is not newer changes nothing.
  void Publish(SharedPolicy policy) override;

  // No version will follow: takers no longer wait.
  void Close();

  // Blocks until a version of at least `min_version` is kept, the broadcaster is closed, or `timeout` passed.
  // Returns the newest then if it is that new, and null otherwise.
  SharedPolicy Await(uint64_t min_version, absl::Duration timeout);

  // The newest; null before the first.
  SharedPolicy newest() const;

  bool closed() const;

 private:
  bool Has(uint64_t min_version) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  SharedPolicy newest_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace evenkeel

#endif  // EVENKEEL_LEARNER_POLICY_BROADCASTER_H_
