// The process of one agent, or of several that share its stream.
#ifndef EVENKEEL_ACTOR_ACTOR_MAIN_H_
#define EVENKEEL_ACTOR_ACTOR_MAIN_H_

#include <string>

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "common/clock.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

struct ActorServerOptions {
  std::string run_folder;     // where coordinator and learner publish their addresses
  std::string run_id;         // must equal the coordinator's
  v1::Experiment experiment;  // resolved; its algorithm acts
  int agent = 0;              // index of the first LB, 0 .. topology.lbs - 1
  int agents = 1;             // how many: agent .. agent + agents - 1
  Clock* clock = RealClock();
};

// Finds the coordinator (and, if the algorithm learns, the learner), takes the agents' seats and acts until
// Goodbye. Blocks. OK after Goodbye. Otherwise the errors of RolloutLoop::Run; NOT_FOUND for an unknown
// algorithm; INVALID_ARGUMENT if there are no such agents.
absl::Status ServeActor(const ActorServerOptions& options, absl::Notification* stop);

}  // namespace evenkeel

#endif  // EVENKEEL_ACTOR_ACTOR_MAIN_H_
