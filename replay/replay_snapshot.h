// A store out of the snapshot that a checkpoint holds.
#ifndef EVENKEEL_REPLAY_REPLAY_SNAPSHOT_H_
#define EVENKEEL_REPLAY_REPLAY_SNAPSHOT_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace evenkeel {

// The folder inside a checkpoint's folder that holds the snapshot.
inline constexpr char kSnapshotFolder[] = "replay";

// If `store` (RUN/replay) is missing or empty and `checkpoints` (RUN/checkpoints) holds any checkpoint, makes `store`
// of the snapshot in the newest complete one that has one, and returns that snapshot's path. Otherwise does nothing and
// returns "": what is in `store` is always newer. Table files are hard links (they never change), the others copies, so
// the snapshot stays as it is; a death in the middle leaves no `store`.
//   FAILED_PRECONDITION  there are checkpoints, but neither `store` nor a snapshot; names both paths
//   UNAVAILABLE          the file system refused something; names the file
absl::StatusOr<std::string> RestoreReplayIfMissing(const std::string& store, const std::string& checkpoints);

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_REPLAY_SNAPSHOT_H_
