// A program started by a test, with its output kept and a deadline on every wait.
#ifndef EVENKEEL_TESTS_PROCESS_H_
#define EVENKEEL_TESTS_PROCESS_H_

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"

namespace evenkeel {

// Path of the product's binary among the test's data files.
std::string EvenkeelBinary();

// A new empty folder below the test's temporary folder.
std::string FreshFolder(const std::string& name);

// Calls `condition` every 10 ms until it is true; false if `timeout` passes first.
bool WaitUntil(absl::Duration timeout, const std::function<bool()>& condition);

// Command lines of the living processes that contain `text` (read from /proc), this process left out.
std::vector<std::string> ProcessesWith(const std::string& text);

struct ProcessResult {
  int exit_code = -1;  // 128 + signal if it was killed; -1 if it was still running at the deadline (killed then)
  std::string out;     // standard output
  std::string err;     // standard error
};

class Process {
 public:
  // Starts `arguments` (the program first) with `environment` ("NAME=value") added and its output in files of a new folder.
  explicit Process(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {});
  ~Process();

  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }

  // Sends `signal` to the process.
  void Signal(int signal);

  // Blocks until it ends or `timeout` passes.
  ProcessResult Wait(absl::Duration timeout);

 private:
  std::string folder_;
  pid_t pid_ = -1;
  bool reaped_ = false;
};

// Starts, waits, returns.
ProcessResult RunProcess(const std::vector<std::string>& arguments, absl::Duration timeout,
                         const std::vector<std::string>& environment = {});

}  // namespace evenkeel

#endif  // EVENKEEL_TESTS_PROCESS_H_
