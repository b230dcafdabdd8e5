// What the exit code of `evenkeel` means, and which error gives which. Documented in docs/operations.md and
// tested: scripts rely on it.
#ifndef EVENKEEL_CLI_EXIT_CODES_H_
#define EVENKEEL_CLI_EXIT_CODES_H_

#include <vector>

#include "absl/status/status.h"
#include "experiments/problem.h"

namespace evenkeel {

enum ExitCode {              // worth a retry?
  kExitDone = 0,             // -
  kExitFailed = 1,           // yes, a few times: a service crashed, the disk is full, a loss is not finite
  kExitBadFlag = 2,          // no
  kExitInvalidConfig = 3,    // no
  kExitInputMissing = 4,     // no: a trace, policy, run or experiment is missing or unreadable
  kExitPeerUnreachable = 5,  // yes
  kExitStalled = 6,          // yes: somebody was waited for too long
  kExitIncompatible = 7,     // no: state is corrupt, or not of this build or experiment
  kExitGateFailed = 8,       // no
  kExitRunExists = 9,        // no: it would be overwritten, or another run is at it
  kExitPreempted = 75,       // yes, always: SIGTERM or SIGUSR1, state is saved (EX_TEMPFAIL)
  kExitInterrupted = 130,    // no: Ctrl-C, state is saved unless pressed twice
};

// OK 0; INVALID_ARGUMENT 3; NOT_FOUND, PERMISSION_DENIED 4; UNAVAILABLE, DEADLINE_EXCEEDED 5, but 6 if the
// message begins with "stalled: "; DATA_LOSS, FAILED_PRECONDITION, UNIMPLEMENTED 7; ALREADY_EXISTS 9;
// CANCELLED 75; all others 1.
ExitCode ExitCodeOf(const absl::Status& status);

// The same for a service: ALREADY_EXISTS is a taken port there, and 1.
ExitCode ServiceExitCodeOf(const absl::Status& status);

// One exit code for several problems: that of an invalid configuration if there is one, else the first's.
// REQUIRES: not empty.
int ExitCodeOf(const std::vector<Problem>& problems);

// `status`, which is not OK, as a person reads it: code E0X00 where X is the exit code.
Problem ProblemOf(const absl::Status& status, ExitCode exit_code);

}  // namespace evenkeel

#endif  // EVENKEEL_CLI_EXIT_CODES_H_
