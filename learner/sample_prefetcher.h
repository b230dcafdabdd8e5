// Fetches the batches of the coming updates while the current one is computed.
#ifndef EVENKEEL_LEARNER_SAMPLE_PREFETCHER_H_
#define EVENKEEL_LEARNER_SAMPLE_PREFETCHER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/named_thread.h"
#include "protos/replay.pb.h"

namespace evenkeel {

using EpisodeBatch = std::vector<v1::SampledItem>;

class SamplePrefetcher {
 public:
  // Calls fetch(update) on a thread of its own for first, first + 1, ..., end - 1, and keeps at most kReady
  // batches that nobody took yet: the thread waits while so many are ready. `fetch` bounds its own waiting.
  SamplePrefetcher(uint64_t first, uint64_t end,
                   std::function<absl::StatusOr<EpisodeBatch>(uint64_t update)> fetch);

  SamplePrefetcher(const SamplePrefetcher&) = delete;
  SamplePrefetcher& operator=(const SamplePrefetcher&) = delete;

  // Drops what is ready; blocks until a fetch under way returned.
  ~SamplePrefetcher();

  // The batch of the next update, in order; blocks while it is fetched. After an error, none follows.
  // REQUIRES: called at most `end - first` times, by one thread.
  absl::StatusOr<EpisodeBatch> Next();

  static constexpr size_t kReady = 2;

 private:
  void Fetch(uint64_t first, uint64_t end);

  const std::function<absl::StatusOr<EpisodeBatch>(uint64_t)> fetch_;
  absl::Mutex mutex_;
  std::deque<absl::StatusOr<EpisodeBatch>> ready_ ABSL_GUARDED_BY(mutex_);
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
  NamedThread thread_;  // last: it is joined before what it uses is destroyed
};

}  // namespace evenkeel

#endif  // EVENKEEL_LEARNER_SAMPLE_PREFETCHER_H_
