// Where other hosts reach this one.
#ifndef EVENKEEL_EXPERIMENTS_LAUNCH_HOST_ADDRESS_H_
#define EVENKEEL_EXPERIMENTS_LAUNCH_HOST_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"

namespace evenkeel {

// The first IPv4 address of an interface that is up and not loopback, e.g. "198.18.8.1"; of two interfaces the kernel's
// first. UNAVAILABLE: there is none; name one with --listen.
absl::StatusOr<std::string> FirstHostAddress();

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_LAUNCH_HOST_ADDRESS_H_
