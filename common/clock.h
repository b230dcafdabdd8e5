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
};

// The system's clock. The returned object is never destroyed.
Clock* RealClock();

// A clock that moves only when told. SleepUntil moves it forward instead of blocking.
class ManualClock : public Clock {
 public:
  explicit ManualClock(absl::Time start) : now_(start) {}

  absl::Time Now() override;
  void SleepUntil(absl::Time deadline) override;

  void Advance(absl::Duration duration);

 private:
  absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_CLOCK_H_
