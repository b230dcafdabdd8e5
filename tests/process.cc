#include "tests/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "common/durable_file.h"

namespace evenkeel {
namespace {

std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (std::string& string : strings) pointers.push_back(string.data());
  pointers.push_back(nullptr);
  return pointers;
}

int OpenForOutput(const std::string& path) {
  return ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
}

std::vector<std::string> EnvironmentWith(const std::vector<std::string>& added) {
  std::vector<std::string> all(added);
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string name = std::string(*entry).substr(0, std::string(*entry).find('=') + 1);
    const bool replaced = std::any_of(added.begin(), added.end(), [&](const std::string& a) { return a.rfind(name, 0) == 0; });
    if (!replaced) all.push_back(*entry);
  }
  return all;
}

}  // namespace

std::string EvenkeelBinary() {
  return std::filesystem::absolute("cli/evenkeel").string();
}

std::string FreshFolder(const std::string& name) {
  static std::atomic<int> counter{0};
  const std::string path = absl::StrCat(testing::TempDir(), "/", name, "-", ::getpid(), "-", counter++);
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path);
  return path;
}

bool WaitUntil(absl::Duration timeout, const std::function<bool()>& condition) {
  const absl::Time deadline = absl::Now() + timeout;
  while (!condition()) {
    if (absl::Now() > deadline) return false;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return true;
}

std::vector<std::string> ProcessesWith(const std::string& text) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos || name == std::to_string(::getpid())) continue;
    const auto command = ReadFile(entry.path().string() + "/cmdline");
    if (command.ok() && command->find(text) != std::string::npos) {
      found.push_back(absl::StrCat(name, ": ", absl::StrReplaceAll(*command, {{std::string(1, '\0'), " "}})));
    }
  }
  return found;
}

Process::Process(const std::vector<std::string>& arguments, const std::vector<std::string>& environment)
    : folder_(FreshFolder("process")) {
  std::vector<std::string> argument_strings = arguments;
  std::vector<std::string> environment_strings = EnvironmentWith(environment);
  std::vector<char*> argv = Pointers(argument_strings);
  std::vector<char*> envp = Pointers(environment_strings);
  const int out = OpenForOutput(folder_ + "/out");
  const int err = OpenForOutput(folder_ + "/err");
  const int in = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  pid_ = ::fork();
  if (pid_ == 0) {
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(err, 2);
    ::execve(argv[0], argv.data(), envp.data());
    ::_exit(127);
  }
  ::close(in);
  ::close(out);
  ::close(err);
}

Process::~Process() {
  if (!reaped_) {
    Signal(SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
}

void Process::Signal(int signal) { ::kill(pid_, signal); }

ProcessResult Process::Wait(absl::Duration timeout) {
  ProcessResult result;
  int status = 0;
  if (WaitUntil(timeout, [&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; })) {
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  } else {
    Signal(SIGKILL);
    ::waitpid(pid_, &status, 0);
  }
  reaped_ = true;
  result.out = ReadFile(folder_ + "/out").value_or("");
  result.err = ReadFile(folder_ + "/err").value_or("");
  return result;
}

ProcessResult RunProcess(const std::vector<std::string>& arguments, absl::Duration timeout,
                         const std::vector<std::string>& environment) {
  return Process(arguments, environment).Wait(timeout);
}

}  // namespace evenkeel
