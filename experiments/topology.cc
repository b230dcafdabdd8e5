#include "experiments/topology.h"

#include <algorithm>

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

bool HasActor(const HostShare& share, uint32_t actor) {
  return share.hosts == 1 || static_cast<int>(actor % (share.hosts - 1)) + 1 == share.rank;
}

// The agents first .. first + agents - 1, in one process.
ProcessSpec Actor(const TopologyOptions& options, uint32_t first, uint32_t agents) {
  ProcessSpec actor = Serve(options, "actor");
  actor.name = absl::StrCat("actor-", first);
  actor.arguments.push_back(absl::StrCat("--agent=", first));
  if (agents > 1) {
    absl::StrAppend(&actor.name, "-to-", first + agents - 1);
    actor.arguments.push_back(absl::StrCat("--agents=", agents));
  }
  return actor;
}

}  // namespace

std::vector<ProcessSpec> PlanProcesses(const v1::Experiment& experiment, const TopologyOptions& options) {
  std::vector<ProcessSpec> plan;
  if (options.share.rank == 0) PlanServices(options, &plan);
  const uint32_t lbs = experiment.topology().lbs();
  // Unset in runs that began before there was this field.
  const uint32_t per_actor = std::max(1u, experiment.training().agents_per_actor());
  for (uint32_t actor = 0; actor * per_actor < lbs; ++actor) {
    const uint32_t first = actor * per_actor;
    if (HasActor(options.share, actor)) plan.push_back(Actor(options, first, std::min(per_actor, lbs - first)));
  }
  return plan;
}

}  // namespace evenkeel
