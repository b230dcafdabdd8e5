#include "experiments/local_launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

extern char** environ;

namespace evenkeel {
namespace {

// A file descriptor that closes itself.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void Close() {
    ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

// Everything that the child needs between fork and exec, made before: there it may only call
// async-signal-safe functions.
struct Image {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  int input;
  int log;
  int report;  // the errno of a failed exec goes here
  pid_t parent;
};

[[noreturn]] void BecomeChild(const Image& image) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != image.parent) ::_exit(127);  // it died before the line above
  for (int signal : {SIGINT, SIGTERM, SIGCHLD, SIGPIPE, SIGHUP, SIGQUIT}) ::signal(signal, SIG_DFL);
  ::signal(SIGUSR1, SIG_IGN);  // an engine sends it to all processes of a job; ours answers for its children
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(image.input, STDIN_FILENO);
  ::dup2(image.log, STDOUT_FILENO);
  ::dup2(image.log, STDERR_FILENO);
  ::execve(image.arguments[0], image.arguments.data(), image.environment.data());
  const int error = errno;
  const ssize_t ignored = ::write(image.report, &error, sizeof(error));
  (void)ignored;
  ::_exit(127);
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& text : strings) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Ours, with `added` in front so that it wins.
std::vector<std::string> Environment(const std::vector<std::string>& added) {
  std::vector<std::string> environment = added;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const std::string name = text.substr(0, text.find('=') + 1);
    const bool replaced = std::any_of(added.begin(), added.end(), [&](const std::string& other) {
      return other.compare(0, name.size(), name) == 0;
    });
    if (!replaced) environment.push_back(text);
  }
  return environment;
}

absl::Status Errno(int error, const std::string& what) { return absl::ErrnoToStatus(error, what); }

}  // namespace

LocalLauncher::LocalLauncher(std::string log_folder) : log_folder_(std::move(log_folder)) {}

LocalLauncher::~LocalLauncher() {
  Kill();
  for (Child& child : children_) {
    if (!child.ended) ::waitpid(child.pid, nullptr, 0);
  }
}

std::string LocalLauncher::LogPath(const std::string& name) const {
  return absl::StrCat(log_folder_, "/", name, ".log");
}

absl::Status LocalLauncher::Start(const ProcessSpec& spec) {
  Child child;
  child.spec = spec;
  EK_ASSIGN_OR_RETURN(child.pid, Spawn(spec, spec.arguments));
  children_.push_back(std::move(child));
  return absl::OkStatus();
}

absl::Status LocalLauncher::Restart(const std::string& name, const std::vector<std::string>& more) {
  for (Child& child : children_) {
    if (child.spec.name != name || !child.ended) continue;
    std::vector<std::string> arguments = child.spec.arguments;
    arguments.insert(arguments.end(), child.spec.restart_arguments.begin(), child.spec.restart_arguments.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    EK_ASSIGN_OR_RETURN(child.pid, Spawn(child.spec, arguments));
    child.ended = child.told_to_stop = child.succeeded = false;
    return absl::OkStatus();
  }
  return absl::NotFoundError(absl::StrCat("cannot start ", name, " again: it lives, or was never started"));
}

absl::StatusOr<pid_t> LocalLauncher::Spawn(const ProcessSpec& spec, const std::vector<std::string>& arguments) const {
  const std::string log_path = LogPath(spec.name);
  Descriptor log(::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
  if (log.get() < 0) return Errno(errno, absl::StrCat("cannot open the log ", log_path));
  Descriptor input(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return Errno(errno, "cannot make a pipe");
  Descriptor read_end(ends[0]), write_end(ends[1]);

  const std::vector<std::string> environment = Environment(spec.environment);
  const Image image = {
      Pointers(arguments), Pointers(environment), input.get(), log.get(), write_end.get(), ::getpid()};
  const pid_t pid = ::fork();
  if (pid < 0) return Errno(errno, absl::StrCat("cannot start ", spec.name));
  if (pid == 0) BecomeChild(image);
  write_end.Close();
  int error = 0;
  const ssize_t got = ::read(read_end.get(), &error, sizeof(error));
  if (got == sizeof(error)) {
    ::waitpid(pid, nullptr, 0);
    return Errno(error, absl::StrCat("cannot start ", spec.name, ": cannot execute ", arguments[0]));
  }
  return pid;
}

std::vector<ProcessEnd> LocalLauncher::Reap() {
  std::vector<ProcessEnd> ends;
  for (Child& child : children_) {
    int status = 0;
    if (child.ended || ::waitpid(child.pid, &status, WNOHANG) != child.pid) continue;
    child.ended = true;
    ProcessEnd end;
    end.name = child.spec.name;
    end.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    end.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    const bool clean = end.signal == 0 && end.exit_code == 0;
    end.expected = child.told_to_stop || (clean && child.spec.ends_by_itself);
    child.succeeded = clean;
    ends.push_back(end);
  }
  return ends;
}

void LocalLauncher::Terminate() {
  int stage = std::numeric_limits<int>::max();
  for (const Child& child : children_) {
    if (!child.ended) stage = std::min(stage, child.spec.stop_stage);
  }
  for (Child& child : children_) {
    if (child.ended || child.told_to_stop || child.spec.stop_stage != stage) continue;
    child.told_to_stop = true;
    ::kill(child.pid, SIGTERM);
  }
}

void LocalLauncher::Kill() {
  for (Child& child : children_) {
    if (child.ended) continue;
    child.told_to_stop = true;
    ::kill(child.pid, SIGKILL);
  }
}

bool LocalLauncher::succeeded(const std::string& name) const {
  return std::any_of(children_.begin(), children_.end(),
                     [&](const Child& child) { return child.succeeded && child.spec.name == name; });
}

int LocalLauncher::living() const {
  return static_cast<int>(
      std::count_if(children_.begin(), children_.end(), [](const Child& child) { return !child.ended; }));
}

}  // namespace evenkeel
