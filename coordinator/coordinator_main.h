// The coordinator as a process of a run.
#ifndef EVENKEEL_COORDINATOR_COORDINATOR_MAIN_H_
#define EVENKEEL_COORDINATOR_COORDINATOR_MAIN_H_

#include <string>

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "common/clock.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

struct CoordinatorServerOptions {
  std::string run_folder;     // RUN/endpoints/coordinator, RUN/metrics.jsonl and RUN/round.journal are written there
  std::string run_id;         // agents of another run are refused
  v1::Experiment experiment;  // resolved
  bool learns = false;  // the algorithm has a trainer: episodes go to replay, found by RUN/endpoints/replay
  std::string listen_address = "127.0.0.1:0";
  Clock* clock = RealClock();
};

// Plays the experiment, from the first episode that replay does not hold (where nothing learns: that
// RUN/metrics.jsonl does not hold), and returns when the agents have been sent away. Blocks for the whole
// run; ends early once `stop` is notified. One line per finished episode is appended to RUN/metrics.jsonl.
//
// In a stall, the stacks of all its threads are written to RUN/stacks/PID.txt first, and every agent of this
// host whose process says that it serves this run is sent SIGQUIT, upon which it writes its own; for 2 s that
// is waited for.
//
// Errors: CoordinatorLoop::Run, and before the first round those of the configuration, of listening, and of
// finding replay.
absl::Status ServeCoordinator(const CoordinatorServerOptions& options, absl::Notification* stop);

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_COORDINATOR_MAIN_H_
