#include "common/endpoint.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/durable_file.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

std::string EndpointPath(const std::string& run_folder, const std::string& role) {
  return absl::StrCat(run_folder, "/endpoints/", role);
}

}  // namespace

absl::Status PublishEndpoint(const std::string& run_folder, const std::string& role, const std::string& address) {
  EK_RETURN_IF_ERROR(MakeFolders(absl::StrCat(run_folder, "/endpoints")));
  return WriteFileDurably(EndpointPath(run_folder, role), absl::StrCat(address, "\n"));
}

absl::StatusOr<std::string> AwaitEndpoint(const std::string& run_folder, const std::string& role,
                                          absl::Duration timeout, Clock* clock) {
  const absl::Time deadline = clock->Now() + timeout;
  while (true) {
    absl::StatusOr<std::string> text = ReadFile(EndpointPath(run_folder, role));
    if (text.ok()) return std::string(absl::StripAsciiWhitespace(*text));
    if (!absl::IsNotFound(text.status())) return text.status();
    if (clock->Now() >= deadline) {
      return absl::DeadlineExceededError(absl::StrCat("waited ", absl::FormatDuration(timeout), " for ", role, " to publish ",
                                                      EndpointPath(run_folder, role), "; look at its log in ", run_folder));
    }
    clock->SleepUntil(clock->Now() + absl::Milliseconds(20));
  }
}

}  // namespace evenkeel
