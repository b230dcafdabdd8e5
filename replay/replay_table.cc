#include "replay/replay_table.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "replay/episode_validation.h"

namespace evenkeel {
namespace {

// Each further draw needs an eviction between the draw and the read.
constexpr int kMaxDraws = 16;

std::string Below(uint64_t bound) { return bound == 0 ? "" : absl::StrCat(" below number ", bound); }

absl::Status Closed() { return absl::CancelledError("replay is stopping"); }

}  // namespace

absl::StatusOr<std::unique_ptr<ReplayTable>> ReplayTable::Create(std::unique_ptr<ExperienceStore> store,
                                                                 std::unique_ptr<const Selector> selector,
                                                                 uint64_t ram_tier_bytes) {
  std::unique_ptr<ReplayTable> table(new ReplayTable(std::move(store), std::move(selector), ram_tier_bytes));
  EK_RETURN_IF_ERROR(table->FillRamTier());
  return table;
}

ReplayTable::ReplayTable(std::unique_ptr<ExperienceStore> store, std::unique_ptr<const Selector> selector,
                         uint64_t ram_tier_bytes)
    : store_(std::move(store)),
      selector_(std::move(selector)),
      index_(store_->contents()),
      ram_tier_(ram_tier_bytes) {}

absl::Status ReplayTable::FillRamTier() {
  const EpisodeIndex stored = store_->contents();
  for (uint64_t position = stored.size(); position > 0; --position) {
    EK_ASSIGN_OR_RETURN(v1::Episode episode, store_->Read(stored.At(position - 1)));
    absl::MutexLock lock(&mutex_);
    if (!ram_tier_.Insert(std::make_shared<const v1::Episode>(std::move(episode)))) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::AppendReply> ReplayTable::Append(v1::Episode episode) {
  EK_RETURN_IF_ERROR(ValidateEpisode(episode));
  EK_ASSIGN_OR_RETURN(const ExperienceStore::AppendOutcome outcome, store_->Append(episode));
  auto kept = std::make_shared<const v1::Episode>(std::move(episode));
  v1::AppendReply reply;
  reply.set_was_present(outcome.was_present);
  reply.set_episodes(outcome.contents.size());
  absl::MutexLock lock(&mutex_);
  if (!outcome.was_present) ram_tier_.Insert(std::move(kept));
  Update(outcome.contents);
  return reply;
}

void ReplayTable::Update(const EpisodeIndex& contents) {
  if (contents.appended() > index_.appended()) index_ = contents;
  ram_tier_.EraseBelow(index_.oldest());
}

absl::StatusOr<std::vector<std::shared_ptr<const v1::Episode>>> ReplayTable::Sample(
    const v1::SampleRequest& request, absl::Duration timeout) {
  if (request.episodes() == 0) {
    return absl::InvalidArgumentError("SampleRequest.episodes: expected at least 1, found 0");
  }
  for (int draw = 0; draw < kMaxDraws; ++draw) {
    EK_ASSIGN_OR_RETURN(std::vector<Drawn> drawn, Draw(request, timeout));
    const absl::Status read = ReadMissing(&drawn);
    if (read.ok()) {
      std::vector<std::shared_ptr<const v1::Episode>> episodes;
      for (Drawn& one : drawn) episodes.push_back(std::move(one.episode));
      return episodes;
    }
    if (!absl::IsNotFound(read)) return read;
    const EpisodeIndex contents = store_->contents();
    absl::MutexLock lock(&mutex_);
    Update(contents);
  }
  return absl::UnavailableError(absl::StrCat("drew ", kMaxDraws,
                                             " times, and each time an episode was evicted before it "
                                             "could be read; try again, or raise replay.capacity_episodes"));
}

absl::StatusOr<std::vector<ReplayTable::Drawn>> ReplayTable::Draw(const v1::SampleRequest& request,
                                                                  absl::Duration timeout) {
  absl::MutexLock lock(&mutex_);
  const auto enough = [this, &request]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closed_ || index_.CountBelow(request.before_episode()) >= request.min_episodes();
  };
  const bool came = mutex_.AwaitWithTimeout(absl::Condition(&enough), timeout);
  if (closed_) return Closed();
  const uint64_t population = index_.CountBelow(request.before_episode());
  if (!came) {
    return absl::DeadlineExceededError(absl::StrCat("waited for ", request.min_episodes(), " episodes",
                                                    Below(request.before_episode()), ", there are ",
                                                    population));
  }
  if (population < request.episodes()) {
    return absl::FailedPreconditionError(
        absl::StrCat("asked to draw ", request.episodes(), " episodes", Below(request.before_episode()),
                     ", there are ", population, "; ask for fewer, or set min_episodes to wait"));
  }
  std::vector<Drawn> drawn;
  for (uint64_t position : selector_->Select(population, request.episodes(), request.seed())) {
    const uint64_t number = index_.At(position);
    drawn.push_back({number, ram_tier_.Find(number)});
  }
  return drawn;
}

absl::Status ReplayTable::ReadMissing(std::vector<Drawn>* drawn) const {
  for (Drawn& one : *drawn) {
    if (one.episode != nullptr) continue;
    EK_ASSIGN_OR_RETURN(v1::Episode episode, store_->Read(one.number));
    one.episode = std::make_shared<const v1::Episode>(std::move(episode));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ReplayInfo> ReplayTable::GetInfo(const v1::InfoRequest& request, absl::Duration timeout) {
  v1::ReplayInfo info;
  info.set_disk_bytes(store_->disk_bytes());
  absl::MutexLock lock(&mutex_);
  const auto reached = [this, &request]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closed_ || index_.next() >= request.min_next_episode();
  };
  const bool came = mutex_.AwaitWithTimeout(absl::Condition(&reached), timeout);
  if (closed_) return Closed();
  if (!came) {
    return absl::DeadlineExceededError(absl::StrCat("waited for next_episode ", request.min_next_episode(),
                                                    ", it is ", index_.next(), " (", index_.size(),
                                                    " stored)"));
  }
  info.set_episodes(index_.size());
  info.set_oldest_episode(index_.oldest());
  info.set_next_episode(index_.next());
  info.set_evicted_episodes(index_.evicted());
  info.set_ram_bytes(ram_tier_.bytes());
  return info;
}

void ReplayTable::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
}

}  // namespace evenkeel
