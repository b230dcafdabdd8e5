// A launch over ssh: one client here per host, which the supervisor watches as it watches local processes. Pure.
#ifndef EVENKEEL_EXPERIMENTS_LAUNCH_SSH_H_
#define EVENKEEL_EXPERIMENTS_LAUNCH_SSH_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/launch/launch_request.h"
#include "experiments/topology.h"

namespace evenkeel {

// Host names from "a,b,c", or, if `text` is a file's path, from its lines ('#' begins a comment). NOT_FOUND, INVALID_ARGUMENT:
// there is none, or one is named twice, begins with '-' or has a '/' (a port belongs in ssh's configuration).
absl::StatusOr<std::vector<std::string>> ReadHosts(const std::string& text);

// ssh that ends with 0 if `host` lets us in and has the program, the certificates and the first run at their paths. Otherwise its
// standard error says what is missing, or, with exit code 255, why ssh did not get in.
std::vector<std::string> PlanSshCheck(const LaunchRequest& request, const std::string& host);

// "host-RANK-NAME": ssh that starts `evenkeel serve auto` on hosts[RANK] for `run`. A terminal is forced (-tt): when the client
// dies, the host's processes get SIGHUP, save their state and end. It is a dumb one, as a log wants no progress bar. BatchMode:
// nobody is there to type a password.
std::vector<ProcessSpec> PlanSsh(const LaunchRequest& request, const std::string& run, const std::vector<std::string>& hosts);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_LAUNCH_SSH_H_
