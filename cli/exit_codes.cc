#include "cli/exit_codes.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_format.h"

namespace evenkeel {

ExitCode ExitCodeOf(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitDone;
    case absl::StatusCode::kInvalidArgument:
      return kExitInvalidConfig;
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
      return kExitInputMissing;
    case absl::StatusCode::kUnavailable:
      return kExitPeerUnreachable;
    case absl::StatusCode::kDeadlineExceeded:
      return absl::StartsWith(status.message(), "stalled: ") ? kExitStalled : kExitPeerUnreachable;
    case absl::StatusCode::kDataLoss:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kUnimplemented:
      return kExitIncompatible;
    case absl::StatusCode::kAlreadyExists:
      return kExitRunExists;
    case absl::StatusCode::kCancelled:
      return kExitPreempted;
    default:
      return kExitFailed;
  }
}

ExitCode ServiceExitCodeOf(const absl::Status& status) {
  return absl::IsAlreadyExists(status) ? kExitFailed : ExitCodeOf(status);
}

int ExitCodeOf(const std::vector<Problem>& problems) {
  const bool invalid = std::any_of(problems.begin(), problems.end(), [](const Problem& problem) {
    return ExitCodeOf(problem) == kExitInvalidConfig;
  });
  return invalid ? kExitInvalidConfig : ExitCodeOf(problems.front());
}

Problem ProblemOf(const absl::Status& status, ExitCode exit_code) {
  Problem problem;
  problem.code = absl::StrFormat("E%02d00", static_cast<int>(exit_code) % 100);
  problem.message = std::string(status.message());
  return problem;
}

}  // namespace evenkeel
