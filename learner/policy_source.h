// Where an actor gets the learner's policies from. Knows no transport.
#ifndef EVENKEEL_LEARNER_POLICY_SOURCE_H_
#define EVENKEEL_LEARNER_POLICY_SOURCE_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "learner/policy_broadcaster.h"

namespace evenkeel {

class PolicySource {
 public:
  virtual ~PolicySource() = default;

  // The newest policy, once it is of at least `min_version`. Blocks while the learner's update count grows;
  // `patience` is how long it may stand still. DEADLINE_EXCEEDED then names the learner, the version wanted
  // and the one held. CANCELLED soon after `stop` is notified.
  virtual absl::StatusOr<SharedPolicy> AwaitVersion(uint64_t min_version, absl::Duration patience,
                                                    const absl::Notification* stop) = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_LEARNER_POLICY_SOURCE_H_
