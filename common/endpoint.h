// How processes of one run find each other: a service binds port 0 and publishes where it is in the run folder.
#ifndef EVENKEEL_COMMON_ENDPOINT_H_
#define EVENKEEL_COMMON_ENDPOINT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"

namespace evenkeel {

// Writes RUN/endpoints/ROLE with one line, "host:port". The file appears whole.
absl::Status PublishEndpoint(const std::string& run_folder, const std::string& role, const std::string& address);

// Blocks until RUN/endpoints/ROLE exists, and returns its address. DEADLINE_EXCEEDED names the role and the wait.
absl::StatusOr<std::string> AwaitEndpoint(const std::string& run_folder, const std::string& role,
                                          absl::Duration timeout, Clock* clock);

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_ENDPOINT_H_
