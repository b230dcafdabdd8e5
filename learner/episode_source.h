// Where the learner's loop gets experience from.
#ifndef EVENKEEL_LEARNER_EPISODE_SOURCE_H_
#define EVENKEEL_LEARNER_EPISODE_SOURCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "protos/replay.pb.h"

namespace evenkeel {

// Thread-safe.
class EpisodeSource {
 public:
  virtual ~EpisodeSource() = default;

  // Blocks until all episodes below `wanted` were stored, or for `timeout`. Returns the number below which
  // all were stored when last seen, which after the timeout is less than `wanted`. UNAVAILABLE if the store
  // cannot be reached now.
  virtual absl::StatusOr<uint64_t> AwaitNextEpisode(uint64_t wanted, absl::Duration timeout) = 0;

  // Draws a batch as replay.proto says; the same request gives the same batch. Blocks for `timeout` at most.
  virtual absl::StatusOr<std::vector<v1::SampledItem>> Sample(const v1::SampleRequest& request,
                                                              absl::Duration timeout) = 0;

  // Sets priorities as replay.proto says, durably. Blocks for `timeout` at most. UNAVAILABLE as above.
  virtual absl::Status UpdatePriorities(const v1::UpdatePrioritiesRequest& request, absl::Duration timeout) = 0;

  // Has a snapshot of all that is stored written to `directory`, which is absolute and does not exist yet. Blocks for
  // `timeout` at most; a snapshot that comes later is removed with its checkpoint. UNAVAILABLE as above.
  virtual absl::Status Snapshot(const std::string& directory, absl::Duration timeout) = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_LEARNER_EPISODE_SOURCE_H_
