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

  // The run came to another part of a round at `now`.
  void Enter(v1::RunStatus::Phase phase, absl::Time now);

  // A round begins, for the attempt-th time again, or goes on; its next step is `step`.
  void RoundStarted(uint64_t round, uint64_t attempt, uint64_t step);

  // The step's requests are sent at `now`. Steps of one attempt come in order.
  void StepOpened(uint64_t step, absl::Time now);

  // The joint step of `worlds` worlds was closed `wait` after its last request was sent.
  void StepClosed(int worlds, absl::Duration wait);

  // The step ended after the time of the next one.
  void StepOverran();

  void EpisodeFinished(const v1::EpisodeSummary& summary);

  void Finished();

  // Sets every field of *status but `agents`, `awaited` and `late_replies`. Percentiles are over the newest
  // kWaitsKept steps, 0 before the first.
  void Fill(absl::Time now, v1::RunStatus* status) const;

 private:
  // The newest kWaitsKept values.
  struct Ring {
    void Add(absl::Duration value);
    // Sorted, s.
    std::vector<double> Sorted() const;

    std::vector<double> values_s;
    size_t next = 0;
  };

  mutable absl::Mutex mutex_;
  v1::RunStatus status_ ABSL_GUARDED_BY(mutex_);  // without episodes, percentiles and phase_s
  absl::Time phase_since_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  std::deque<v1::EpisodeSummary> summaries_ ABSL_GUARDED_BY(mutex_);
  Ring waits_ ABSL_GUARDED_BY(mutex_);
  Ring intervals_ ABSL_GUARDED_BY(mutex_);
  absl::Time step_opened_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();  // that: none of this attempt yet
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_PROGRESS_H_
