#include "common/thread_stacks.h"

#include <errno.h>
#include <execinfo.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <vector>

#include "absl/debugging/symbolize.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/durable_file.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

constexpr int kMostFrames = 64;
constexpr int kOwnFrames = 2;  // the handler and the kernel's trampoline
constexpr int64_t kPatienceNs = 200'000'000;

// What the one thread that is asked now answers with. It outlives every answer, which may come late.
struct Answer {
  std::atomic<pid_t> asked{0};  // whoever is not asked any more leaves the rest alone
  void* frames[kMostFrames];
  int count = 0;
  sem_t given;
};

Answer* answer() {
  static Answer* const instance = [] {
    auto* made = new Answer;
    sem_init(&made->given, 0, 0);
    return made;
  }();
  return instance;
}

pid_t ThreadId() { return static_cast<pid_t>(::syscall(SYS_gettid)); }

void GiveStack(int) {
  const int before = errno;
  pid_t self = ThreadId();
  if (answer()->asked.compare_exchange_strong(self, 0)) {
    answer()->count = ::backtrace(answer()->frames, kMostFrames);
    sem_post(&answer()->given);
  }
  errno = before;
}

int StackSignal() { return SIGRTMIN + 6; }

void Install() {
  void* frame;
  ::backtrace(&frame, 1);  // loads what it needs now, which a signal handler must not
  answer();
  struct sigaction action = {};
  action.sa_handler = &GiveStack;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(StackSignal(), &action, nullptr);
}

bool AwaitAnswer() {
  timespec until;
  ::clock_gettime(CLOCK_REALTIME, &until);
  until.tv_nsec += kPatienceNs;
  until.tv_sec += until.tv_nsec / 1'000'000'000;
  until.tv_nsec %= 1'000'000'000;
  while (sem_timedwait(&answer()->given, &until) != 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

// Frames of the thread; none if it did not answer.
std::vector<void*> Ask(pid_t thread) {
  answer()->asked = thread;
  if (::syscall(SYS_tgkill, ::getpid(), thread, StackSignal()) != 0) return {};
  if (!AwaitAnswer()) {
    // Either it will find that it is no longer asked, or it has just begun to answer: then it is waited for.
    if (answer()->asked.exchange(0) == thread || !AwaitAnswer()) return {};
  }
  const int skipped = std::min(kOwnFrames, answer()->count);
  return std::vector<void*>(answer()->frames + skipped, answer()->frames + answer()->count);
}

std::string Describe(void* frame) {
  char name[1024];
  // The return address may lie behind the function that called last.
  const bool known = absl::Symbolize(static_cast<char*>(frame) - 1, name, sizeof(name));
  return absl::StrCat("    ", absl::Hex(frame), " ", known ? name : "?", "\n");
}

std::vector<pid_t> Threads() {
  std::vector<pid_t> threads;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", error)) {
    pid_t thread;
    if (absl::SimpleAtoi(entry.path().filename().string(), &thread)) threads.push_back(thread);
  }
  std::sort(threads.begin(), threads.end());
  return threads;
}

}  // namespace

std::string StacksPath(const std::string& run_folder, pid_t pid) {
  return absl::StrCat(run_folder, "/stacks/", pid, ".txt");
}

absl::Status WriteThreadStacks(const std::string& path) {
  static absl::Mutex* const one_at_a_time = new absl::Mutex;
  absl::MutexLock lock(one_at_a_time);
  static const bool installed = [] {
    Install();
    return true;
  }();
  static_cast<void>(installed);
  std::string text;
  for (pid_t thread : Threads()) {
    const std::string name = ReadFile(absl::StrCat("/proc/self/task/", thread, "/comm")).value_or("gone");
    absl::StrAppend(&text, "thread ", thread, " ", absl::StripAsciiWhitespace(name), "\n");
    const std::vector<void*> frames = Ask(thread);
    if (frames.empty()) absl::StrAppend(&text, "    (no answer)\n");
    for (void* frame : frames) absl::StrAppend(&text, Describe(frame));
  }
  EK_RETURN_IF_ERROR(MakeFolders(std::filesystem::path(path).parent_path().string()));
  return WriteFileDurably(path, text);
}

}  // namespace evenkeel
