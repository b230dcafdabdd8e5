#include "coordinator/world_host.h"

#include <utility>

#include "common/rng.h"
#include "common/status_macros.h"

namespace evenkeel {

uint64_t TrainingTraceSeed(uint64_t experiment_seed, uint64_t episode) {
  return Rng(experiment_seed, {kArrivalStream, episode}).Next() | (uint64_t{1} << 63);
}

absl::StatusOr<std::unique_ptr<WorldHost>> WorldHost::Create(const v1::Experiment& experiment,
                                                             uint64_t first_episode, int worlds) {
  std::unique_ptr<WorldHost> host(new WorldHost);
  for (int w = 0; w < worlds; ++w) {
    const uint64_t trace_seed = TrainingTraceSeed(experiment.seed(), first_episode + w);
    EK_ASSIGN_OR_RETURN(std::unique_ptr<SimWorld> world,
                        SimWorld::Create(experiment, WorldSeed{trace_seed, /*held_out=*/false}));
    host->worlds_.push_back(std::move(world));
    host->trace_seeds_.push_back(trace_seed);
  }
  host->requests_.resize(host->agents());
  for (v1::CoordinatorMessage& request : host->requests_) {
    for (int w = 0; w < worlds; ++w) request.mutable_step_request()->add_observations();
  }
  return host;
}

absl::Status WorldHost::Observe() {
  for (int w = 0; w < worlds(); ++w) {
    for (int agent = 0; agent < agents(); ++agent) {
      v1::StepRequest* request = requests_[agent].mutable_step_request();
      EK_RETURN_IF_ERROR(worlds_[w]->lb(agent)->Observe(request->mutable_observations(w)));
    }
  }
  return absl::OkStatus();
}

void WorldHost::AdvanceTo(double time_s) {
  for (std::unique_ptr<SimWorld>& world : worlds_) world->AdvanceTo(time_s);
}

}  // namespace evenkeel
