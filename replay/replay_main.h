// The replay process.
#ifndef EVENKEEL_REPLAY_REPLAY_MAIN_H_
#define EVENKEEL_REPLAY_REPLAY_MAIN_H_

#include <string>

#include "absl/status/status.h"
#include "absl/synchronization/notification.h"
#include "common/clock.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

struct ReplayServerOptions {
  std::string run_folder;     // the store is RUN/replay; the address is published as RUN/endpoints/replay
  std::string run_id;         // a store of another run is refused
  v1::Experiment experiment;  // resolved; its replay options are used
  std::string listen_address = "127.0.0.1:0";
  Clock* clock = RealClock();  // for what it logs
};

// Opens the store (if RUN/replay is missing, from the newest snapshot in RUN/checkpoints), serves until `stop` is
// notified, then lets calls in progress end for 5 s and closes the store. Blocks. Errors: RestoreReplayIfMissing,
// ExperienceStore::Open, ReplayTables::Create, and ALREADY_EXISTS if the port is in use; nothing is
// published then.
absl::Status ServeReplay(const ReplayServerOptions& options, absl::Notification* stop);

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_REPLAY_MAIN_H_
