// Whether ThreadSanitizer sees a race, and none where Abseil's locks rule it out; runs with --config=tsan.
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"

namespace {

constexpr int kTurns = 1000;
constexpr int kExitCodeOfTsan = 66;

TEST(AbseilAnnotationsTest, AnUnguardedVariableIsReported) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        int unguarded = 0;
        std::thread other([&] {
          for (int i = 0; i < kTurns; ++i) ++unguarded;
        });
        for (int i = 0; i < kTurns; ++i) ++unguarded;
        other.join();
        ::_exit(0);
      },
      testing::ExitedWithCode(kExitCodeOfTsan), "data race");
}

TEST(AbseilAnnotationsTest, AMutexOrdersWhatItGuards) {
  absl::Mutex mutex;
  int guarded = 0;
  const auto work = [&] {
    for (int i = 0; i < kTurns; ++i) {
      absl::MutexLock lock(&mutex);
      ++guarded;
    }
  };
  std::thread other(work);
  work();
  other.join();
  EXPECT_EQ(guarded, 2 * kTurns);
}

TEST(AbseilAnnotationsTest, AnAwaitedConditionOrdersWhatCameBeforeIt) {
  absl::Mutex mutex;
  int turn = 0;
  const auto play = [&](int parity) {
    for (int i = parity; i < kTurns; i += 2) {
      const auto is_mine = [&] { return turn == i; };
      absl::MutexLock lock(&mutex);
      mutex.Await(absl::Condition(&is_mine));
      ++turn;
    }
  };
  std::thread other(play, 1);
  play(0);
  other.join();
  EXPECT_EQ(turn, kTurns);
}

TEST(AbseilAnnotationsTest, ANotificationOrdersWhatCameBeforeIt) {
  absl::Notification waited, polled;
  int first = 0, second = 0;
  std::thread other([&] {
    first = 1;
    waited.Notify();
    second = 2;
    polled.Notify();
  });
  waited.WaitForNotification();
  EXPECT_EQ(first, 1);
  while (!polled.HasBeenNotified()) std::this_thread::yield();
  EXPECT_EQ(second, 2);
  other.join();
}

}  // namespace
