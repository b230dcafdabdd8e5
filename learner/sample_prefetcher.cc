#include "learner/sample_prefetcher.h"

#include <utility>

namespace evenkeel {

SamplePrefetcher::SamplePrefetcher(uint64_t first, uint64_t end,
                                   std::function<absl::StatusOr<EpisodeBatch>(uint64_t update)> fetch)
    : fetch_(std::move(fetch)), thread_("sample_prefetch", [this, first, end] { Fetch(first, end); }) {}

SamplePrefetcher::~SamplePrefetcher() {
  absl::MutexLock lock(&mutex_);
  cancelled_ = true;
}

void SamplePrefetcher::Fetch(uint64_t first, uint64_t end) {
  for (uint64_t update = first; update < end; ++update) {
    absl::StatusOr<EpisodeBatch> batch = fetch_(update);
    const bool failed = !batch.ok();
    absl::MutexLock lock(&mutex_);
    const auto room = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return cancelled_ || ready_.size() < kReady;
    };
    mutex_.Await(absl::Condition(&room));
    if (cancelled_) return;
    ready_.push_back(std::move(batch));
    if (failed) return;
  }
}

absl::StatusOr<EpisodeBatch> SamplePrefetcher::Next() {
  absl::MutexLock lock(&mutex_);
  const auto any = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return !ready_.empty(); };
  mutex_.Await(absl::Condition(&any));
  absl::StatusOr<EpisodeBatch> batch = std::move(ready_.front());
  ready_.pop_front();
  return batch;
}

}  // namespace evenkeel
