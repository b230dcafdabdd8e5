// The actor's work: take the round's policy, then answer every step of every world for each of its agents,
// until the environment says goodbye.
#ifndef EVENKEEL_ACTOR_ROLLOUT_LOOP_H_
#define EVENKEEL_ACTOR_ROLLOUT_LOOP_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "actor/environment.h"
#include "actor/policy_holder.h"
#include "common/clock.h"

namespace evenkeel {

class RolloutLoop {
 public:
  struct Options {
    // How long the environment may be silent or away. A little more than it allows itself, so that where both
    // see a stall the one that knows the cause speaks first.
    absl::Duration stall_after;
    absl::Duration tick = absl::Milliseconds(200);  // while nothing comes, `stop` is looked at this often
  };

  // `policies` are those of the agents that share the environment's seat, in order, one at least. All that is
  // pointed to outlives the loop.
  RolloutLoop(Options options, Environment* environment, std::vector<PolicyHolder*> policies, Clock* clock)
      : options_(options), environment_(environment), policies_(std::move(policies)), clock_(clock) {}

  // Joins and acts until Goodbye, whose reason is returned. A lost seat is taken again, with pauses from 50
  // ms to 2 s; a round that then begins again begins with fresh policies. While the environment is away the
  // data planes keep what they were last set.
  //   CANCELLED          `stop` was notified
  //   UNAVAILABLE        the environment was away longer than `stall_after`
  //   DEADLINE_EXCEEDED  it said nothing for longer, or the learner's policy did not come
  //   INVALID_ARGUMENT   it sent what does not fit the order or the number of worlds
  //   else               what the environment, the learner or the policy said
  absl::StatusOr<std::string> Run(const absl::Notification* stop);

  uint64_t steps() const { return steps_; }  // answered so far

 private:
  absl::Status Join(const absl::Notification* stop);
  absl::Status Next(const absl::Notification* stop, v1::CoordinatorMessage* message);
  absl::Status Handle(const v1::CoordinatorMessage& message, const absl::Notification* stop);
  absl::Status BeginRound(const v1::RoundStart& round, const absl::Notification* stop);
  absl::Status Step(const v1::StepRequest& request);
  int answers_per_step() const { return worlds_ * static_cast<int>(policies_.size()); }

  const Options options_;
  Environment* const environment_;
  const std::vector<PolicyHolder*> policies_;
  Clock* const clock_;

  bool in_round_ = false;
  uint64_t round_ = 0;
  uint64_t attempt_ = 0;
  int worlds_ = 0;
  uint64_t steps_ = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ACTOR_ROLLOUT_LOOP_H_
