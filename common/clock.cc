#include "common/clock.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "absl/time/clock.h"

namespace evenkeel {
namespace {

constexpr absl::Duration kTick = absl::Seconds(1);      // somebody looks at least so often
constexpr absl::Duration kStopped = absl::Seconds(3);   // a longer gap between looks: the process did not run

absl::Duration Uptime() { return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch()); }

class SystemClock : public Clock {
 public:
  SystemClock() : start_(absl::Now() - Uptime()), last_look_(Uptime()) {
    std::thread([this] {
      pthread_setname_np(pthread_self(), "clock");
      for (;; absl::SleepFor(kTick)) Now();
    }).detach();
  }

  absl::Time Now() override {
    absl::MutexLock lock(&mutex_);
    const absl::Duration now = Uptime(), gap = now - last_look_;
    if (gap > kStopped) stopped_ += gap;
    last_look_ = now;
    return start_ + (now - stopped_);
  }

  // Both wait no longer than a tick at once, so that one that ends after a stop sees how much of it is left.
  void SleepUntil(absl::Time deadline) override {
    for (absl::Duration left; (left = deadline - Now()) > absl::ZeroDuration();) absl::SleepFor(std::min(left, kTick));
  }
  bool AwaitWithDeadline(absl::Mutex* mutex, const absl::Condition& condition, absl::Time deadline) override {
    while (true) {
      const absl::Duration left = std::max(deadline - Now(), absl::ZeroDuration());
      if (mutex->AwaitWithTimeout(condition, std::min(left, kTick))) return true;
      if (left == absl::ZeroDuration()) return false;
    }
  }

 private:
  const absl::Time start_;  // the system's time when the machine started, as far as it knew
  absl::Mutex mutex_;
  absl::Duration last_look_ ABSL_GUARDED_BY(mutex_);
  absl::Duration stopped_ ABSL_GUARDED_BY(mutex_);
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
