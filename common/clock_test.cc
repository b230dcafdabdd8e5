#include "common/clock.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

#include "absl/time/clock.h"

namespace evenkeel {
namespace {

constexpr absl::Duration kWait = absl::Seconds(2), kStop = absl::Seconds(5);

absl::Duration Steady() { return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch()); }

// In a process of its own, which is stopped for kStop meanwhile: whether `wait` took its time beside the stop, and the clock
// knows only of the former.
template <typename Wait>
bool StandsStill(const Wait& wait) {
  const pid_t child = ::fork();
  if (child == 0) {
    const absl::Duration begin = Steady();
    const absl::Time clock_begin = RealClock()->Now();
    wait(clock_begin + kWait);
    const absl::Duration took = Steady() - begin, clock_took = RealClock()->Now() - clock_begin;
    ::_exit(took >= kStop + kWait - absl::Seconds(1) && clock_took >= kWait && clock_took < kStop ? 0 : 1);
  }
  absl::SleepFor(absl::Milliseconds(500));
  ::kill(child, SIGSTOP);
  absl::SleepFor(kStop);
  ::kill(child, SIGCONT);
  int how = -1;
  EXPECT_EQ(::waitpid(child, &how, 0), child);
  return WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

TEST(RealClockTest, ASleepGoesOnAfterAStop) {
  EXPECT_TRUE(StandsStill([](absl::Time deadline) { RealClock()->SleepUntil(deadline); }));
}

TEST(RealClockTest, AWaitGoesOnAfterAStop) {
  EXPECT_TRUE(StandsStill([](absl::Time deadline) {
    absl::Mutex mutex;
    absl::MutexLock lock(&mutex);
    bool never = false;
    RealClock()->AwaitWithDeadline(&mutex, absl::Condition(&never), deadline);
  }));
}

TEST(RealClockTest, AConditionThatHoldsEndsAWait) {
  absl::Mutex mutex;
  absl::MutexLock lock(&mutex);
  bool always = true, never = false;
  EXPECT_TRUE(RealClock()->AwaitWithDeadline(&mutex, absl::Condition(&always), absl::InfiniteFuture()));
  EXPECT_TRUE(RealClock()->AwaitWithDeadline(&mutex, absl::Condition(&always), absl::InfinitePast()));
  EXPECT_FALSE(RealClock()->AwaitWithDeadline(&mutex, absl::Condition(&never), absl::InfinitePast()));
}

}  // namespace
}  // namespace evenkeel
