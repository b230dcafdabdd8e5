// Checkpoints on disk: RUN/checkpoints/ep-000024/{trainer.state, policy.pb, replay/, MANIFEST.textproto}.
//
// A folder is written beside its place, each file synced, the manifest (which counts and sums the others)
// last, and then renamed: after a crash at any moment it is there whole or not at all. Its name tells the
// episodes whose updates are all done; "+N" follows where the learner was stopped N updates into the next
// round.
#ifndef EVENKEEL_LEARNER_CHECKPOINT_STORE_H_
#define EVENKEEL_LEARNER_CHECKPOINT_STORE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "protos/checkpoint.pb.h"
#include "protos/experiment.pb.h"
#include "protos/learner.pb.h"

namespace evenkeel {

struct CheckpointStoreOptions {
  std::string folder;  // RUN/checkpoints; made with the first checkpoint
  std::string run_id;
  v1::Experiment experiment;  // resolved
  v1::PolicyShape shape;      // of the networks that this build makes of the experiment
  int keep_last = 3;          // older ones are removed after each write; at least 1
};

// One point to go on from.
struct Checkpoint {
  uint64_t updates = 0;         // learner update count
  uint64_t episodes = 0;        // every update that belongs to the episodes below this number is done
  uint64_t extra_updates = 0;   // updates done beyond those
  std::string trainer_state;    // Trainer::SaveState
  v1::PolicyParameters policy;  // Trainer::Export
};

// A folder that is no usable checkpoint, and why: DATA_LOSS if torn or damaged, FAILED_PRECONDITION if of
// another run.
struct SkippedCheckpoint {
  std::string path;
  absl::Status reason;
};

struct CheckpointScan {
  absl::optional<Checkpoint> newest;       // nullopt if none is valid
  std::string path;                        // of `newest`
  std::vector<SkippedCheckpoint> skipped;  // newer than `newest`, newest first
};

// One process writes at a time. Not thread-safe.
class CheckpointStore {
 public:
  explicit CheckpointStore(CheckpointStoreOptions options) : options_(std::move(options)) {}

  // Writes a snapshot of replay into the absolute path `folder`, which does not exist yet.
  using SnapshotReplay = std::function<absl::Status(const std::string& folder)>;

  // Stores `checkpoint` and returns its folder; one of the same name is replaced. If `snapshot` is given, the folder
  // gets a snapshot of replay as well; where that fails, the checkpoint is whole without it (whoever gave it knows
  // why). RESOURCE_EXHAUSTED if the disk is full; then, as after every error, all earlier checkpoints are as they were
  // and no half-written one is left.
  absl::StatusOr<std::string> Write(const Checkpoint& checkpoint, const SnapshotReplay& snapshot = nullptr);

  // Whether the folder holds any checkpoint, valid or not.
  bool HasAny() const;

  // The newest checkpoint whose every byte is as the manifest says. Damaged and foreign ones are never chosen
  // but listed. FAILED_PRECONDITION, naming both sides, if it is intact but of another algorithm, shape or
  // experiment (CheckResumable).
  absl::StatusOr<CheckpointScan> LatestValid() const;

 private:
  std::string Path(const std::string& name) const;
  absl::Status WriteFiles(const Checkpoint& checkpoint, const SnapshotReplay& snapshot,
                          const std::string& folder) const;
  absl::StatusOr<v1::CheckpointManifest> ReadManifest(const std::string& folder) const;
  absl::StatusOr<Checkpoint> ReadContents(const v1::CheckpointManifest& manifest,
                                          const std::string& folder) const;
  absl::Status CheckFits(const v1::CheckpointManifest& manifest, const std::string& folder) const;
  absl::Status RemoveOlder(const std::string& newest_name) const;

  const CheckpointStoreOptions options_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_LEARNER_CHECKPOINT_STORE_H_
