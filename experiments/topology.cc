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

}  // namespace

std::vector<ProcessSpec> PlanProcesses(const v1::Experiment& experiment, const TopologyOptions& options) {
  std::vector<ProcessSpec> plan;
  if (options.learned) {
    ProcessSpec replay = Serve(options, "replay");
    replay.ends_by_itself = false;
    replay.stop_stage = 1;  // the others store their last words in it
    plan.push_back(replay);
  }
  plan.push_back(Serve(options, "coordinator"));
  if (options.learned) {
    ProcessSpec learner = Serve(options, "learner");
    (options.resume ? learner.arguments : learner.restart_arguments).push_back("--resume");
    plan.push_back(learner);
  }
  for (uint32_t agent = 0; agent < experiment.topology().lbs(); ++agent) {
    ProcessSpec actor = Serve(options, "actor");
    actor.name = absl::StrCat("actor-", agent);
    actor.arguments.push_back(absl::StrCat("--agent=", agent));
    plan.push_back(actor);
  }
  return plan;
}

}  // namespace evenkeel
