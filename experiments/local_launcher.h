// Child processes that never outlive us: started, watched, stopped, reaped.
#ifndef EVENKEEL_EXPERIMENTS_LOCAL_LAUNCHER_H_
#define EVENKEEL_EXPERIMENTS_LOCAL_LAUNCHER_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/topology.h"

namespace evenkeel {

// How a process ended.
struct ProcessEnd {
  std::string name;
  int exit_code = 0;      // meaningless if signal != 0
  int signal = 0;         // that killed it; 0 if it exited
  bool expected = false;  // it was told to stop, or ended by itself with 0 and may do so
};

// Children get their own process group (a terminal's Ctrl-C does not reach them), the kernel kills them if
// this process dies in any way, their standard input is empty, and both their outputs go to
// LOG_FOLDER/NAME.log (appended).
//
// Not thread-safe. Start must be called from a thread that lives as long as the children (the kernel watches
// the thread), and before this process uses gRPC or LibTorch: both have threads that do not survive a fork.
class LocalLauncher {
 public:
  explicit LocalLauncher(std::string log_folder);

  // Kills and reaps whatever still lives.
  ~LocalLauncher();

  LocalLauncher(const LocalLauncher&) = delete;
  LocalLauncher& operator=(const LocalLauncher&) = delete;

  // Starts one process. An error names the program or the log that could not be opened; nothing runs then.
  absl::Status Start(const ProcessSpec& spec);

  // Starts again, with its restart_arguments and `more` added, a process that has ended. Errors as Start.
  absl::Status Restart(const std::string& name, const std::vector<std::string>& more);

  // What has ended since the last call. Does not block.
  std::vector<ProcessEnd> Reap();

  // Sends SIGTERM to the living of the lowest stop_stage that has any, each once. From now on ends are
  // expected.
  void Terminate();

  // Sends SIGKILL to all. From now on ends are expected.
  void Kill();

  // Whether `name` ended with exit code 0, as far as Reap has seen.
  bool succeeded(const std::string& name) const;

  // How many live, as far as Reap has seen.
  int living() const;

  std::string LogPath(const std::string& name) const;

 private:
  struct Child {
    ProcessSpec spec;
    pid_t pid = 0;
    bool told_to_stop = false;
    bool ended = false;
    bool succeeded = false;
  };

  absl::StatusOr<pid_t> Spawn(const ProcessSpec& spec, const std::vector<std::string>& arguments) const;

  const std::string log_folder_;
  std::vector<Child> children_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_LOCAL_LAUNCHER_H_
