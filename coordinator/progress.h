// Where the run stands, for whoever asks.
#ifndef EVENKEEL_COORDINATOR_PROGRESS_H_
#define EVENKEEL_COORDINATOR_PROGRESS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "protos/coordinator.pb.h"

namespace evenkeel {

// Thread-safe; never blocks for long.
class Progress {
 public:
  static constexpr size_t kSummariesKept = 64;
  static constexpr size_t kWaitsKept = 4096;

  // A run that goes on counts the episodes finished before it started.
  void StartAt(uint64_t round, uint64_t episodes_finished);

  // A joint step of `worlds` worlds was closed `wait` after its last request was sent.
  void StepClosed(uint64_t round, uint64_t step, int worlds, absl::Duration wait);

  void EpisodeFinished(const v1::EpisodeSummary& summary);

  void Finished();

  // Sets every field of *status but `agents`. Percentiles are over the newest kWaitsKept steps, 0 before the
  // first.
  void Fill(v1::RunStatus* status) const;

 private:
  mutable absl::Mutex mutex_;
  v1::RunStatus status_ ABSL_GUARDED_BY(mutex_);  // without episodes and percentiles
  std::deque<v1::EpisodeSummary> summaries_ ABSL_GUARDED_BY(mutex_);
  std::vector<double> waits_s_ ABSL_GUARDED_BY(mutex_);  // ring
  size_t next_wait_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_PROGRESS_H_
