// Where finished episodes go.
#ifndef EVENKEEL_COORDINATOR_EPISODE_SINK_H_
#define EVENKEEL_COORDINATOR_EPISODE_SINK_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "protos/coordinator.pb.h"
#include "protos/transition.pb.h"

namespace evenkeel {

// Called by one thread.
class EpisodeSink {
 public:
  virtual ~EpisodeSink() = default;

  // Smallest number that was never stored without a gap below it: where a run goes on.
  virtual absl::StatusOr<uint64_t> NextEpisode() = 0;

  // Takes what an episode came to. Called for every episode in order, before the episode itself is appended,
  // so that a run that is killed in between plays it again and says it again.
  virtual absl::Status Summarize(const v1::EpisodeSummary& summary) = 0;

  // Stores the episode durably; storing a number again changes nothing. May block until a deadline of its
  // own.
  virtual absl::Status Append(v1::Episode episode) = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_EPISODE_SINK_H_
