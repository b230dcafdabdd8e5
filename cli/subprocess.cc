#include "cli/subprocess.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

extern char** environ;

namespace evenkeel {
namespace {

struct Pipe {
  int read_end = -1;
  int write_end = -1;
  ~Pipe() {
    if (read_end >= 0) ::close(read_end);
    CloseWriteEnd();
  }
  void CloseWriteEnd() {
    if (write_end >= 0) ::close(write_end);
    write_end = -1;
  }
};

absl::Status Open(Pipe* pipe) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return absl::ErrnoToStatus(errno, "cannot make a pipe");
  pipe->read_end = ends[0];
  pipe->write_end = ends[1];
  return absl::OkStatus();
}

// Reads both until they end; false if the deadline passes first.
bool ReadBoth(const std::array<Pipe, 2>& pipes, absl::Time deadline, const std::array<std::string*, 2>& texts) {
  std::array<bool, 2> open = {true, true};
  while (open[0] || open[1]) {
    std::array<pollfd, 2> wanted = {pollfd{open[0] ? pipes[0].read_end : -1, POLLIN, 0},
                                    pollfd{open[1] ? pipes[1].read_end : -1, POLLIN, 0}};
    const int64_t left = absl::ToInt64Milliseconds(deadline - absl::Now());
    if (left <= 0 || ::poll(wanted.data(), wanted.size(), static_cast<int>(left)) == 0) return false;
    for (int i = 0; i < 2; ++i) {
      if (!open[i] || wanted[i].revents == 0) continue;
      char buffer[4096];
      const ssize_t got = ::read(pipes[i].read_end, buffer, sizeof(buffer));
      if (got > 0) texts[i]->append(buffer, got);
      if (got == 0 || (got < 0 && errno != EINTR)) open[i] = false;
    }
  }
  return true;
}

}  // namespace

absl::StatusOr<SubprocessResult> RunSubprocess(const std::vector<std::string>& arguments, absl::Duration timeout) {
  std::array<Pipe, 2> pipes;
  for (Pipe& pipe : pipes) {
    const absl::Status opened = Open(&pipe);
    if (!opened.ok()) return opened;
  }
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, pipes[0].write_end, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, pipes[1].write_end, STDERR_FILENO);
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, pointers[0], &actions, nullptr, pointers.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error == ENOENT) return absl::NotFoundError(absl::StrCat("there is no program ", arguments[0], " on this machine's PATH"));
  if (error != 0) return absl::ErrnoToStatus(error, absl::StrCat("cannot start ", arguments[0]));
  for (Pipe& pipe : pipes) pipe.CloseWriteEnd();

  SubprocessResult result;
  const bool ended = ReadBoth(pipes, absl::Now() + timeout, {&result.out, &result.err});
  if (!ended) ::kill(pid, SIGKILL);
  int how = 0;
  while (::waitpid(pid, &how, 0) < 0 && errno == EINTR) {
  }
  if (!ended) return absl::DeadlineExceededError(absl::StrCat(arguments[0], " did not end within ", absl::FormatDuration(timeout)));
  result.exit_code = WIFEXITED(how) ? WEXITSTATUS(how) : 128 + WTERMSIG(how);
  return result;
}

}  // namespace evenkeel
