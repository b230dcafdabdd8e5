#include "learner/policy_broadcaster.h"

#include <utility>

namespace evenkeel {

void PolicyBroadcaster::Publish(SharedPolicy policy) {
  absl::MutexLock lock(&mutex_);
  if (newest_ == nullptr || policy->version() > newest_->version()) std::swap(newest_, policy);
}

void PolicyBroadcaster::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
}

bool PolicyBroadcaster::Has(uint64_t min_version) const {
  return newest_ != nullptr && newest_->version() >= min_version;
}

SharedPolicy PolicyBroadcaster::Await(uint64_t min_version, absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  const auto done = [this, min_version]()
                        ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return closed_ || Has(min_version); };
  mutex_.AwaitWithTimeout(absl::Condition(&done), timeout);
  return Has(min_version) ? newest_ : nullptr;
}

SharedPolicy PolicyBroadcaster::newest() const {
  absl::MutexLock lock(&mutex_);
  return newest_;
}

bool PolicyBroadcaster::closed() const {
  absl::MutexLock lock(&mutex_);
  return closed_;
}

}  // namespace evenkeel
