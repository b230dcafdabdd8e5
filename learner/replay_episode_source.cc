#include "learner/replay_episode_source.h"

namespace evenkeel {
namespace {

constexpr absl::Duration kInfoTimeout = absl::Seconds(1);

// A replay that is shutting down cancels its calls, and one that is overloaded lets them expire: it cannot be
// reached now.
absl::Status Translated(const absl::Status& status) {
  const bool away = absl::IsCancelled(status) || absl::IsDeadlineExceeded(status);
  return away ? absl::UnavailableError(status.message()) : status;
}

}  // namespace

absl::StatusOr<uint64_t> ReplayEpisodeSource::AwaitNextEpisode(uint64_t wanted, absl::Duration timeout) {
  absl::StatusOr<v1::ReplayInfo> info = client_->GetInfo(wanted, timeout);
  if (absl::IsDeadlineExceeded(info.status())) info = client_->GetInfo(0, kInfoTimeout);
  if (!info.ok()) return Translated(info.status());
  return info->next_episode();
}

absl::StatusOr<std::vector<v1::Episode>> ReplayEpisodeSource::Sample(const v1::SampleRequest& request,
                                                                     absl::Duration timeout) {
  absl::StatusOr<std::vector<v1::Episode>> episodes = client_->Sample(request, timeout);
  if (!episodes.ok()) return Translated(episodes.status());
  return episodes;
}

}  // namespace evenkeel
