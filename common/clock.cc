#include "common/clock.h"

#include <algorithm>

#include "absl/time/clock.h"

namespace evenkeel {
namespace {

class SystemClock : public Clock {
 public:
  absl::Time Now() override { return absl::Now(); }
  void SleepUntil(absl::Time deadline) override { absl::SleepFor(deadline - absl::Now()); }
  bool AwaitWithDeadline(absl::Mutex* mutex, const absl::Condition& condition, absl::Time deadline) override {
    return mutex->AwaitWithDeadline(condition, deadline);
  }
};

}  // namespace

Clock* RealClock() {
  static Clock* clock = new SystemClock;
  return clock;
}

absl::Time ManualClock::Now() {
  absl::MutexLock lock(&mutex_);
  return now_;
}

void ManualClock::SleepUntil(absl::Time deadline) {
  absl::MutexLock lock(&mutex_);
  now_ = std::max(now_, deadline);
}

bool ManualClock::AwaitWithDeadline(absl::Mutex* mutex, const absl::Condition& condition, absl::Time deadline) {
  mutex->AssertReaderHeld();
  const bool holds = condition.Eval();
  if (!holds) SleepUntil(deadline);
  return holds;
}

void ManualClock::Advance(absl::Duration duration) {
  absl::MutexLock lock(&mutex_);
  now_ += duration;
}

}  // namespace evenkeel
