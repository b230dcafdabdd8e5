// One round without its agents: the worlds, what is set in them, what they pay, and the episodes that come of
// it.
#ifndef EVENKEEL_COORDINATOR_ROUND_H_
#define EVENKEEL_COORDINATOR_ROUND_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "coordinator/episode.h"
#include "coordinator/joint_transition.h"
#include "coordinator/reward.h"
#include "coordinator/round_plan.h"
#include "coordinator/seats.h"
#include "coordinator/world_host.h"
#include "protos/coordinator.pb.h"
#include "protos/experiment.pb.h"
#include "protos/transition.pb.h"

namespace evenkeel {

// Not thread-safe. Order of calls: per step FillRequest, Act for every agent that replied, Advance; in the
// end Finish.
class Round {
 public:
  // An episode and what it came to.
  struct Played {
    v1::Episode episode;
    v1::EpisodeSummary summary;
  };

  // Builds the worlds of round `number` and observes their start. `experiment` outlives the round.
  static absl::StatusOr<std::unique_ptr<Round>> Create(const v1::Experiment& experiment,
                                                       const RoundPlan& plan, uint64_t number);

  uint64_t number() const { return number_; }
  int worlds() const { return host_->worlds(); }
  const std::vector<float>& nominal_weights() const { return host_->nominal_weights(); }

  // What to ask these agents in this step: sets round, step and observations, agent by agent.
  void FillRequest(const Seats& seats, v1::StepRequest* request) const;

  // Sets what the agent chose in every world, actions [W]. An action that is refused leaves that world as it
  // was and the agent masked there; the first refusal is returned, after the other worlds were set.
  absl::Status Act(int agent, absl::Span<const v1::Action* const> actions);

  // The agent takes its last action of this round again, in the worlds where it took one. True if that is all
  // of them.
  bool ActAgain(int agent);

  // Plays the worlds to the end of the step, observes and pays, and begins the next step.
  absl::Status Advance();

  // The episodes, world by world. REQUIRES: at least one step was played; the round is not used after.
  std::vector<Played> Finish(uint64_t policy_version);

 private:
  struct World {
    JointTransition joint;
    GlobalReward reward;
    EpisodeBuilder episode;
  };

  Round(const v1::Experiment& experiment, const RoundPlan& plan, uint64_t number,
        std::unique_ptr<WorldHost> host);

  static std::vector<float> Factors(const v1::Experiment& experiment);
  absl::Status Begin(const v1::Experiment& experiment);
  void SetFactors(int world, int agent, const v1::Action& action);
  std::vector<const v1::Observation*> Seen(int world) const;

  const uint64_t number_;
  const uint64_t first_episode_;
  const double step_interval_s_;
  const uint64_t steps_;
  const int levels_;  // pairs of a weight level and a bias level
  const std::vector<float> factors_;  // [levels_] or empty
  const std::unique_ptr<WorldHost> host_;
  std::vector<World> worlds_;
  uint64_t step_ = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_ROUND_H_
