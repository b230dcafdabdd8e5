// A program of the machine, run to its end.
#ifndef EVENKEEL_CLI_SUBPROCESS_H_
#define EVENKEEL_CLI_SUBPROCESS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace evenkeel {

struct SubprocessResult {
  int exit_code = 0;  // 128 + signal if it was killed
  std::string out;
  std::string err;
};

// Runs `arguments` (a program on PATH first) with an empty standard input, and blocks until it ends or `timeout` passes (it is
// killed then: DEADLINE_EXCEEDED). NOT_FOUND: there is no such program.
absl::StatusOr<SubprocessResult> RunSubprocess(const std::vector<std::string>& arguments,
                                               absl::Duration timeout = absl::Seconds(60));

}  // namespace evenkeel

#endif  // EVENKEEL_CLI_SUBPROCESS_H_
