#include "experiments/topology.h"

#include "absl/strings/str_cat.h"

namespace evenkeel {
namespace {

// The processes share the machine's cores among themselves; each computing on all of them at once only slows
// all down.
const char* const kOneThreadEach[] = {"OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", "MKL_NUM_THREADS=1"};

ProcessSpec Serve(const TopologyOptions& options, const std::string& role) {
  ProcessSpec spec;
  spec.name = role;
  spec.arguments = {options.program, "serve", role, "--run=" + options.run_folder};
  spec.environment.assign(std::begin(kOneThreadEach), std::end(kOneThreadEach));
  return spec;
}

ProcessSpec Service(const TopologyOptions& options, const std::string& role) {
  ProcessSpec spec = Serve(options, role);
  if (!options.share.listen_host.empty()) spec.arguments.push_back(absl::StrCat("--listen=", options.share.listen_host, ":0"));
  return spec;
}

void PlanServices(const TopologyOptions& options, std::vector<ProcessSpec>* plan) {
  if (options.learned) {
    ProcessSpec replay = Service(options, "replay");
    replay.ends_by_itself = false;
    replay.stop_stage = 1;  // the others store their last words in it
    plan->push_back(replay);
  }
  plan->push_back(Service(options, "coordinator"));
  if (!options.learned) return;
  ProcessSpec learner = Service(options, "learner");
  (options.resume ? learner.arguments : learner.restart_arguments).push_back("--resume");
  plan->push_back(learner);
}

bool HasAgent(const HostShare& share, uint32_t agent) {
  return share.hosts == 1 || static_cast<int>(agent % (share.hosts - 1)) + 1 == share.rank;
}

}  // namespace

std::vector<ProcessSpec> PlanProcesses(const v1::Experiment& experiment, const TopologyOptions& options) {
  std::vector<ProcessSpec> plan;
  if (options.share.rank == 0) PlanServices(options, &plan);
  for (uint32_t agent = 0; agent < experiment.topology().lbs(); ++agent) {
    if (!HasAgent(options.share, agent)) continue;
    ProcessSpec actor = Serve(options, "actor");
    actor.name = absl::StrCat("actor-", agent);
    actor.arguments.push_back(absl::StrCat("--agent=", agent));
    plan.push_back(actor);
  }
  return plan;
}

}  // namespace evenkeel
