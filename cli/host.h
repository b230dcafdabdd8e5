// `serve auto`: what one host does of a run that an engine has spread over several.
#ifndef EVENKEEL_CLI_HOST_H_
#define EVENKEEL_CLI_HOST_H_

#include <optional>
#include <string>

namespace evenkeel {

struct HostFlags {
  std::string run;
  std::optional<int> rank;   // unset: as the engine's variables say (experiments/launch/rank.h)
  std::optional<int> hosts;
  std::string listen_host;   // empty: loopback if this is the only host, else its first other address
};

// Rank 0 goes on with the run as `resume` does, with the services here and the agents on the other hosts, and writes its exit
// code to RUN/exit when it ends; an earlier start that is still at the run has 90 s to end first. The others play their agents
// until the coordinator sends them away. RUN/heartbeats/RANK is touched every few seconds. Returns the exit code.
int ServeHost(const HostFlags& flags);

}  // namespace evenkeel

#endif  // EVENKEEL_CLI_HOST_H_
