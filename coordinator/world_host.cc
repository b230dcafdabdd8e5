#include "coordinator/world_host.h"

#include <utility>

#include "common/rng.h"
#include "common/status_macros.h"
#include "coordinator/reward.h"

namespace evenkeel {

uint64_t TrainingTraceSeed(uint64_t experiment_seed, uint64_t episode) {
  return Rng(experiment_seed, {kArrivalStream, episode}).Next() | (uint64_t{1} << 63);
}

absl::StatusOr<std::unique_ptr<WorldHost>> WorldHost::Create(const v1::Experiment& experiment,
                                                             uint64_t first_episode, int worlds) {
  std::unique_ptr<WorldHost> host(new WorldHost);
  for (int w = 0; w < worlds; ++w) {
    const WorldSeed seed{TrainingTraceSeed(experiment.seed(), first_episode + w), /*held_out=*/false};
    EK_ASSIGN_OR_RETURN(std::unique_ptr<SimWorld> world, SimWorld::Create(experiment, seed));
    host->worlds_.push_back(std::move(world));
    host->trace_seeds_.push_back(seed.trace_seed);
    if (GlobalReward::NeedsTwin(experiment.reward().kind())) {
      EK_RETURN_IF_ERROR(host->AddTwin(experiment, seed));
    }
  }
  host->observations_.resize(static_cast<size_t>(host->agents()) * worlds);
  host->costs_.resize(worlds);
  return host;
}

// Nobody ever sets a twin's data planes, so they stay what they begin as: sed with the nominal weights.
absl::Status WorldHost::AddTwin(const v1::Experiment& experiment, const WorldSeed& seed) {
  v1::Experiment plain = experiment;
  plain.mutable_algorithm()->set_name("sed");
  plain.mutable_agent()->set_exchange(false);
  plain.mutable_agent()->set_reservoir_samples(0);
  Twin twin;
  EK_ASSIGN_OR_RETURN(twin.world, SimWorld::Create(plain, seed));
  for (int i = 0; i < twin.world->lbs(); ++i) {
    twin.observations.push_back(std::make_unique<v1::Observation>());
    twin.seen.push_back(twin.observations.back().get());
  }
  twins_.push_back(std::move(twin));
  return absl::OkStatus();
}

absl::Status WorldHost::Observe() {
  for (Twin& twin : twins_) {
    for (size_t i = 0; i < twin.observations.size(); ++i) {
      EK_RETURN_IF_ERROR(twin.world->lb(static_cast<int>(i))->Observe(twin.observations[i].get()));
    }
  }
  for (int w = 0; w < worlds(); ++w) {
    costs_[w] = worlds_[w]->TakeCosts();
    for (int agent = 0; agent < agents(); ++agent) {
      v1::Observation* seen = &observations_[static_cast<size_t>(agent) * worlds_.size() + w];
      EK_RETURN_IF_ERROR(worlds_[w]->lb(agent)->Observe(seen));
    }
  }
  return absl::OkStatus();
}

void WorldHost::AdvanceTo(double time_s) {
  for (std::unique_ptr<SimWorld>& world : worlds_) world->AdvanceTo(time_s);
  for (Twin& twin : twins_) twin.world->AdvanceTo(time_s);
}

}  // namespace evenkeel
