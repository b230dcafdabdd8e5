// From an experiment to the processes that run it. Pure: starts nothing, reads nothing.
#ifndef EVENKEEL_EXPERIMENTS_TOPOLOGY_H_
#define EVENKEEL_EXPERIMENTS_TOPOLOGY_H_

#include <string>
#include <vector>

#include "protos/experiment.pb.h"

namespace evenkeel {

// One process of a run.
struct ProcessSpec {
  std::string name;                      // "replay", "coordinator", "learner", "actor-0", "actor-2-to-3"; also names its log
  std::vector<std::string> arguments;    // the program first
  std::vector<std::string> restart_arguments;  // added where it is started again after it died
  std::vector<std::string> environment;  // "NAME=value", added to ours
  bool ends_by_itself = true;            // exit code 0 before it was told to stop is a normal end
  int stop_stage = 0;  // processes of a later stage are stopped when those of earlier ones have ended
};

// Which part of a run's processes a host has. Rank 0 has the services; the actor processes are dealt out over the other hosts,
// and are with the services where there is no other.
struct HostShare {
  int rank = 0;
  int hosts = 1;
  std::string listen_host;  // where services listen; empty: loopback
};

struct TopologyOptions {
  std::string program;  // the evenkeel binary
  std::string run_folder;
  bool learned = false;  // the algorithm has a trainer: replay and learner are needed
  bool resume = false;   // go on from the checkpoints in the run folder
  HostShare share;
};

// This host's share. Services first, then the agents: replay, coordinator, learner (learned algorithms), actor-0 ..
// actor-(m-1); where training.agents_per_actor is more than 1, that many neighbouring agents to a process, the last of which
// may have fewer.
std::vector<ProcessSpec> PlanProcesses(const v1::Experiment& experiment, const TopologyOptions& options);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_TOPOLOGY_H_
