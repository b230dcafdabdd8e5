// Time, passed in: nothing below a main asks the system for it.
#ifndef EVENKEEL_COMMON_CLOCK_H_
#define EVENKEEL_COMMON_CLOCK_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace evenkeel {

// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual absl::Time Now() = 0;

  // Blocks until `deadline`; returns at once if it has passed.
  virtual void SleepUntil(absl::Time deadline) = 0;

  // Blocks until `condition` holds or `deadline` passes, and returns whether it holds. `mutex` guards the condition, is
  // held by the caller, and is released while waiting.
  virtual bool AwaitWithDeadline(absl::Mutex* mutex, const absl::Condition& condition, absl::Time deadline)
      ABSL_SHARED_LOCKS_REQUIRED(mutex) = 0;
};

// The system's time when it was first asked for, and from then on the time that this process could run: it ignores that
// somebody sets the system's time, and stands still while the process is stopped for more than some seconds (SIGSTOP, Slurm's
// suspend, a paused machine), so that no wait is over only because nobody was there. The returned object is never destroyed.
Clock* RealClock();

// A clock that moves only when told. SleepUntil, and AwaitWithDeadline while its condition does not hold, move it forward
// to the deadline instead of blocking.
class ManualClock : public Clock {
 public:
  explicit ManualClock(absl::Time start) : now_(start) {}

  absl::Time Now() override;
  void SleepUntil(absl::Time deadline) override;
  bool AwaitWithDeadline(absl::Mutex* mutex, const absl::Condition& condition, absl::Time deadline) override
      ABSL_SHARED_LOCKS_REQUIRED(mutex);

  void Advance(absl::Duration duration);

 private:
  absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_CLOCK_H_
