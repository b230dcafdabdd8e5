// This program, started again as other processes: what benchmarks measure real processes with.
#ifndef EVENKEEL_COMMON_CHILD_PROCESSES_H_
#define EVENKEEL_COMMON_CHILD_PROCESSES_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"

namespace evenkeel {

// Not thread-safe. Whoever is left when this is destroyed is killed and reaped.
class ChildProcesses {
 public:
  ChildProcesses() = default;
  ChildProcesses(const ChildProcesses&) = delete;
  ChildProcesses& operator=(const ChildProcesses&) = delete;
  ~ChildProcesses();

  // Starts this program with `arguments` (argv[1] and on) and this process' environment, standard output and
  // error. UNAVAILABLE names the arguments and the cause.
  absl::Status Start(const std::vector<std::string>& arguments);

  // Blocks until all have ended. INTERNAL names the first that did not end with exit code 0.
  absl::Status Join();

 private:
  struct Child {
    pid_t pid;
    std::string name;  // its arguments
  };

  std::vector<Child> children_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_CHILD_PROCESSES_H_
