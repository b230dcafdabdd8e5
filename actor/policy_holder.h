// The policy of one agent, and the one place where its parameters change: whole, and only between rounds.
#ifndef EVENKEEL_ACTOR_POLICY_HOLDER_H_
#define EVENKEEL_ACTOR_POLICY_HOLDER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "algorithms/algorithm.h"
#include "learner/policy_source.h"
#include "protos/coordinator.pb.h"

namespace evenkeel {

// Used by one thread. New versions arrive on other threads, inside the PolicySource; they are looked at in
// BeginRound only.
class PolicyHolder {
 public:
  struct Options {
    // Makes the policy for servers of these nominal weights; called with the first round, and again if they
    // change.
    std::function<absl::StatusOr<std::unique_ptr<Policy>>(const std::vector<float>& nominal_weights)>
        make_policy;
    PolicySource* source = nullptr;  // outlives the holder; null for algorithms that do not learn
    absl::Duration patience;         // how long the learner may stand still while a version is awaited
  };

  explicit PolicyHolder(Options options) : options_(std::move(options)) {}

  // Takes the newest parameters, of at least `round.min_policy_version()` (blocks until they are there), and
  // begins the round with them. The errors of PolicySource::AwaitVersion and Policy::Load;
  // FAILED_PRECONDITION if a version is asked of an algorithm that does not learn.
  absl::Status BeginRound(const v1::RoundStart& round, const absl::Notification* stop);

  // As Policy::Act. REQUIRES: BeginRound was OK.
  absl::Status Act(absl::Span<const v1::Observation* const> observations, absl::Span<v1::Action> actions) {
    return policy_->Act(observations, actions);
  }

  // Version of the parameters that act; 0 if none are needed.
  uint64_t version() const { return held_ == nullptr ? 0 : held_->version(); }

 private:
  absl::Status MakePolicy(const v1::RoundStart& round);
  absl::Status TakeVersion(uint64_t min_version, const absl::Notification* stop);

  const Options options_;
  std::vector<float> nominal_weights_;
  std::unique_ptr<Policy> policy_;
  SharedPolicy held_;  // what policy_ was loaded with; null: nothing yet
};

}  // namespace evenkeel

#endif  // EVENKEEL_ACTOR_POLICY_HOLDER_H_
