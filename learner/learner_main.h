// The learner process.
#ifndef EVENKEEL_LEARNER_LEARNER_MAIN_H_
#define EVENKEEL_LEARNER_LEARNER_MAIN_H_

#include <string>

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "common/clock.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

struct LearnerServerOptions {
  std::string run_folder;  // checkpoints/, policies/ and learner.jsonl are kept here; RUN/endpoints/learner
                           // is published
  std::string run_id;      // checkpoints of another run are not taken
  v1::Experiment experiment;  // resolved, of a learned algorithm
  std::string listen_address = "127.0.0.1:0";
  bool resume = false;  // go on from the newest valid checkpoint, or from the start if there is none
  Clock* clock = RealClock();
};

// Serves policies and learns until the last update is done, then goes on serving (LearnerStatus.finished
// tells) until `stop` is notified. Blocks. Each checkpoint that a resume does not take is logged with its
// reason.
//   OK                   all updates were done
//   CANCELLED            stopped before; the message tells the newest checkpoint
//   NOT_FOUND            unknown algorithm
//   FAILED_PRECONDITION  the algorithm does not learn, or the checkpoint does not fit the experiment
//   ALREADY_EXISTS       not a resume, but the run folder holds checkpoints; or the port is in use
//   else                 LearnerLoop::Run, Trainer::RestoreState
absl::Status ServeLearner(const LearnerServerOptions& options, absl::Notification* stop);

}  // namespace evenkeel

#endif  // EVENKEEL_LEARNER_LEARNER_MAIN_H_
