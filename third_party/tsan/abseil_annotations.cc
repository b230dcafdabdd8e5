// Tells ThreadSanitizer what absl::Mutex and absl::Notification order. Debian's Abseil is built without it,
// so every variable that one of them guards would be reported. .bazelrc's --config=tsan has the linker send
// our calls here
// (--wrap); `debian3` is the inline namespace of Debian 12's Abseil.
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"

extern "C" {
void __tsan_acquire(void* address);
void __tsan_release(void* address);
void AnnotateIgnoreReadsBegin(const char* file, int line);
void AnnotateIgnoreReadsEnd(const char* file, int line);
void AnnotateIgnoreWritesBegin(const char* file, int line);
void AnnotateIgnoreWritesEnd(const char* file, int line);
}

#define EK_WRAPPED(result, name, parameters, symbol)                \
  result Real##name parameters __asm__("__real_" symbol);           \
  extern result Wrapped##name parameters __asm__("__wrap_" symbol); \
  result Wrapped##name parameters

namespace {

using absl::Condition;
using absl::Mutex;
using absl::Notification;

// Conditions of waiters are called inside Abseil, with the lock held, by whoever holds it: where TSan does
// not know.
class InsideAbseil {
 public:
  InsideAbseil() {
    AnnotateIgnoreReadsBegin(__FILE__, __LINE__);
    AnnotateIgnoreWritesBegin(__FILE__, __LINE__);
  }
  ~InsideAbseil() {
    AnnotateIgnoreWritesEnd(__FILE__, __LINE__);
    AnnotateIgnoreReadsEnd(__FILE__, __LINE__);
  }
};

// A wait gives the lock away and takes it again.
template <typename Wait>
bool Waited(Mutex* mutex, Wait wait) {
  __tsan_release(mutex);
  bool held;
  {
    InsideAbseil inside;
    held = wait();
  }
  __tsan_acquire(mutex);
  return held;
}

// Behind the mutex lies the flag that HasBeenNotified, which is inline, reads.
void* Flag(const Notification* notification) {
  return const_cast<char*>(reinterpret_cast<const char*>(notification)) + sizeof(Mutex);
}

}  // namespace

EK_WRAPPED(void, Lock, (Mutex * mutex), "_ZN4absl7debian35Mutex4LockEv") {
  RealLock(mutex);
  __tsan_acquire(mutex);
}

EK_WRAPPED(void, ReaderLock, (Mutex * mutex), "_ZN4absl7debian35Mutex10ReaderLockEv") {
  RealReaderLock(mutex);
  __tsan_acquire(mutex);
}

EK_WRAPPED(void, Unlock, (Mutex * mutex), "_ZN4absl7debian35Mutex6UnlockEv") {
  __tsan_release(mutex);
  InsideAbseil inside;
  RealUnlock(mutex);
}

EK_WRAPPED(void, ReaderUnlock, (Mutex * mutex), "_ZN4absl7debian35Mutex12ReaderUnlockEv") {
  __tsan_release(mutex);
  InsideAbseil inside;
  RealReaderUnlock(mutex);
}

EK_WRAPPED(void, Await, (Mutex * mutex, const Condition& condition),
           "_ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE") {
  Waited(mutex, [&] { return RealAwait(mutex, condition), true; });
}

EK_WRAPPED(bool, AwaitWithTimeout, (Mutex * mutex, const Condition& condition, absl::Duration timeout),
           "_ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE") {
  return Waited(mutex, [&] { return RealAwaitWithTimeout(mutex, condition, timeout); });
}

EK_WRAPPED(bool, AwaitWithDeadline, (Mutex * mutex, const Condition& condition, absl::Time deadline),
           "_ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE") {
  return Waited(mutex, [&] { return RealAwaitWithDeadline(mutex, condition, deadline); });
}

EK_WRAPPED(void, Notify, (Notification * notification), "_ZN4absl7debian312Notification6NotifyEv") {
  __tsan_release(Flag(notification));
  RealNotify(notification);
}

EK_WRAPPED(void, WaitForNotification, (const Notification* notification),
           "_ZNK4absl7debian312Notification19WaitForNotificationEv") {
  RealWaitForNotification(notification);
  __tsan_acquire(Flag(notification));
}

EK_WRAPPED(bool, WaitForNotificationWithTimeout, (const Notification* notification, absl::Duration timeout),
           "_ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE") {
  const bool notified = RealWaitForNotificationWithTimeout(notification, timeout);
  if (notified) __tsan_acquire(Flag(notification));
  return notified;
}
