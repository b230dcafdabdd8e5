#include "common/child_processes.h"

#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace evenkeel {

ChildProcesses::~ChildProcesses() {
  for (const Child& child : children_) {
    ::kill(child.pid, SIGKILL);
    ::waitpid(child.pid, nullptr, 0);
  }
}

absl::Status ChildProcesses::Start(const std::vector<std::string>& arguments) {
  std::vector<std::string> words = {"evenkeel"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  Child child{0, absl::StrJoin(arguments, " ")};
  const int error = ::posix_spawn(&child.pid, "/proc/self/exe", nullptr, nullptr, argv.data(), environ);
  if (error != 0)
    return absl::UnavailableError(absl::StrCat("cannot start ", child.name, ": ", ::strerror(error)));
  children_.push_back(std::move(child));
  return absl::OkStatus();
}

absl::Status ChildProcesses::Join() {
  absl::Status status;
  while (!children_.empty()) {
    const Child child = children_.back();
    children_.pop_back();
    int how = 0;
    ::waitpid(child.pid, &how, 0);
    if (WIFEXITED(how) && WEXITSTATUS(how) == 0) continue;
    status.Update(absl::InternalError(
        absl::StrCat("process ", child.pid, " (", child.name, ") failed, wait status ", how)));
  }
  return status;
}

}  // namespace evenkeel
