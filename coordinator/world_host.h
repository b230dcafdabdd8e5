// The simulated worlds of one round, side by side: what each agent sees in all of them, and what it sets.
#ifndef EVENKEEL_COORDINATOR_WORLD_HOST_H_
#define EVENKEEL_COORDINATOR_WORLD_HOST_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "lb_shim/sim_world.h"
#include "protos/experiment.pb.h"
#include "protos/transition.pb.h"

namespace evenkeel {

// Seed of the arrivals of a training episode. Never below 2^63, so it never meets a held-out seed of
// evaluation.
uint64_t TrainingTraceSeed(uint64_t experiment_seed, uint64_t episode);

// Not thread-safe. One thread plays all worlds: at over 6,000 steps a second (`evenkeel bench sim`) they cost
// less than the agents' part of a step, so a second thread would take a core from the agents for nothing.
class WorldHost {
 public:
  // World w plays episode first_episode + w of the resolved `experiment`; where reward.kind needs it
  // (SED_TWIN), a twin is played beside it: the same arrivals, every LB by plain sed with the nominal
  // weights. Errors are those of SimWorld::Create.
  static absl::StatusOr<std::unique_ptr<WorldHost>> Create(const v1::Experiment& experiment,
                                                           uint64_t first_episode, int worlds);

  int worlds() const { return static_cast<int>(worlds_.size()); }
  int agents() const { return worlds_[0]->lbs(); }
  int servers() const { return worlds_[0]->servers(); }
  uint64_t trace_seed(int world) const { return trace_seeds_[world]; }
  const std::vector<float>& nominal_weights() const { return worlds_[0]->nominal_weights(); }

  // Ends the step of every data plane; observation() shows it from now on.
  absl::Status Observe();

  // What the agent saw in the world at the last Observe.
  const v1::Observation& observation(int world, int agent) const {
    return observations_[static_cast<size_t>(agent) * worlds_.size() + world];
  }

  // What the LBs of the world's twin saw at the last Observe, one entry per LB; empty without twins.
  absl::Span<const v1::Observation* const> twin(int world) const {
    if (twins_.empty()) return {};
    return twins_[world].seen;
  }

  // What the decisions of the step that ended with the last Observe cost in the world (SimWorld::TakeCosts).
  const DecisionCosts& costs(int world) const { return costs_[world]; }

  // Sets the agent's data plane in one world. INVALID_ARGUMENT, with nothing changed, as LbShim::Apply says.
  absl::Status Apply(int world, int agent, const v1::Controls& controls) {
    return worlds_[world]->lb(agent)->Apply(controls);
  }

  // SimWorld::SetFactors.
  void SetFactors(int world, int agent, absl::Span<const float> factors) { worlds_[world]->SetFactors(agent, factors); }

  // Plays every world, and its twin, up to `time_s` seconds after its start.
  void AdvanceTo(double time_s);

  const WorldStatistics& statistics(int world) { return worlds_[world]->statistics(); }

 private:
  struct Twin {
    std::unique_ptr<SimWorld> world;
    std::vector<std::unique_ptr<v1::Observation>> observations;  // [m]
    std::vector<const v1::Observation*> seen;                    // [m] the same
  };

  WorldHost() = default;

  absl::Status AddTwin(const v1::Experiment& experiment, const WorldSeed& seed);

  std::vector<std::unique_ptr<SimWorld>> worlds_;
  std::vector<Twin> twins_;                    // [W] or none
  std::vector<uint64_t> trace_seeds_;          // [W]
  std::vector<v1::Observation> observations_;  // [m, W]
  std::vector<DecisionCosts> costs_;           // [W]
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_WORLD_HOST_H_
