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

absl::StatusOr<std::vector<v1::SampledItem>> ReplayEpisodeSource::Sample(const v1::SampleRequest& request,
                                                                         absl::Duration timeout) {
  absl::StatusOr<std::vector<v1::SampledItem>> items = client_->Sample(request, timeout);
  if (!items.ok()) return Translated(items.status());
  return items;
}

absl::Status ReplayEpisodeSource::UpdatePriorities(const v1::UpdatePrioritiesRequest& request,
                                                   absl::Duration timeout) {
  return Translated(client_->UpdatePriorities(request, timeout).status());
}

absl::Status ReplayEpisodeSource::Snapshot(const std::string& directory, absl::Duration timeout) {
  return Translated(client_->Snapshot(directory, timeout).status());
}

}  // namespace evenkeel
