// The replay process as the learner's source of episodes.
#ifndef EVENKEEL_LEARNER_REPLAY_EPISODE_SOURCE_H_
#define EVENKEEL_LEARNER_REPLAY_EPISODE_SOURCE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "learner/episode_source.h"
#include "replay/replay_client.h"

namespace evenkeel {

// Thread-safe.
class ReplayEpisodeSource : public EpisodeSource {
 public:
  // `client` outlives the source.
  explicit ReplayEpisodeSource(ReplayClient* client) : client_(client) {}

  absl::StatusOr<uint64_t> AwaitNextEpisode(uint64_t wanted, absl::Duration timeout) override;
  absl::StatusOr<std::vector<v1::SampledItem>> Sample(const v1::SampleRequest& request,
                                                      absl::Duration timeout) override;
  absl::Status UpdatePriorities(const v1::UpdatePrioritiesRequest& request, absl::Duration timeout) override;
  absl::Status Snapshot(const std::string& directory, absl::Duration timeout) override;

 private:
  ReplayClient* const client_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_LEARNER_REPLAY_EPISODE_SOURCE_H_
