#include "replay/replay_tables.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status_macros.h"
#include "replay/episode_validation.h"

namespace evenkeel {
namespace {

// Each further draw needs an eviction between the draw and the read.
constexpr int kMaxDraws = 16;

constexpr char kDefaultTable[] = "experience";

std::string Below(uint64_t bound) { return bound == 0 ? "" : absl::StrCat(" below number ", bound); }

absl::Status Closed() { return absl::CancelledError("replay is stopping"); }

SampledEpisode Handed(const ReplayTable::Drawn& drawn, uint64_t table_items, SharedEpisode episode) {
  SampledEpisode sampled;
  sampled.item.set_key(drawn.key);
  sampled.item.set_probability(drawn.probability);
  sampled.item.set_table_items(table_items);
  sampled.item.set_priority(drawn.priority);
  sampled.item.set_times_sampled(drawn.times_sampled);
  sampled.item.set_first_step(drawn.stretch.first_step);
  const bool whole = drawn.stretch.steps == 0 || drawn.stretch.steps == episode->steps();
  sampled.episode =
      whole ? std::move(episode) : std::make_shared<const v1::Episode>(Slice(*episode, drawn.stretch));
  return sampled;
}

}  // namespace

std::vector<std::string> TableNames(const v1::ReplayOptions& replay) {
  std::vector<std::string> names;
  for (const v1::ReplayTable& table : replay.tables()) names.push_back(table.name());
  if (names.empty()) names.push_back(kDefaultTable);
  return names;
}

absl::StatusOr<std::unique_ptr<ReplayTables>> ReplayTables::Create(std::unique_ptr<ExperienceStore> store,
                                                                   const v1::ReplayOptions& replay) {
  std::unique_ptr<ReplayTables> tables(new ReplayTables(std::move(store), replay.ram_tier_bytes()));
  EK_RETURN_IF_ERROR(tables->MakeTables(replay));
  std::vector<TableState> removed;
  {
    absl::MutexLock lock(&tables->mutex_);
    removed = tables->RemoveBeyondCapacities();
  }
  EK_RETURN_IF_ERROR(tables->Store(removed));
  return tables;
}

ReplayTables::ReplayTables(std::unique_ptr<ExperienceStore> store, uint64_t ram_tier_bytes)
    : store_(std::move(store)),
      index_(store_->contents()),
      evicted_(index_.evicted()),
      ram_tier_(ram_tier_bytes) {}

absl::Status ReplayTables::MakeTables(const v1::ReplayOptions& replay) {
  std::vector<v1::ReplayTable> all(replay.tables().begin(), replay.tables().end());
  if (all.empty()) all.emplace_back().set_name(kDefaultTable);
  const EpisodeIndex stored = store_->contents();
  for (const v1::ReplayTable& options : all) {
    EK_ASSIGN_OR_RETURN(std::unique_ptr<ReplayTable> table, ReplayTable::Create(options, stored.size()));
    EK_RETURN_IF_ERROR(FillTable(table.get(), stored));
    records_draws_ = records_draws_ || options.max_times_sampled() > 0;
    has_capacities_ = has_capacities_ || options.capacity_episodes() > 0;
    absl::MutexLock lock(&mutex_);
    tables_.push_back(std::move(table));
  }
  return FillRamTier(stored);
}

absl::Status ReplayTables::FillTable(ReplayTable* table, const EpisodeIndex& stored) {
  EK_ASSIGN_OR_RETURN(const TableState state, store_->ReadTable(table->name()));
  if (state.highest_priority > 0) table->RestoreHighestPriority(state.highest_priority);
  auto record = state.items.begin();
  for (uint64_t position = 0; position < stored.size(); ++position) {
    const uint64_t number = stored.At(position);
    uint32_t steps = 1;  // any will do where nothing is cut
    if (table->cuts_sequences()) {
      EK_ASSIGN_OR_RETURN(const v1::Episode episode, store_->Read(number));
      steps = episode.steps();
    }
    const bool has_record = record != state.items.end() && record->first == number;
    const v1::ItemsRecord items = has_record ? (record++)->second : table->NewRecord(steps);
    const absl::Status fits = table->CheckRecord(steps, items);
    if (!fits.ok()) {
      return absl::DataLossError(absl::StrCat("table ", table->name(), ": the stored state of episode ", number,
                                              " does not fit it: ", fits.message()));
    }
    table->Insert(number, steps, items);
  }
  return absl::OkStatus();
}

absl::Status ReplayTables::FillRamTier(const EpisodeIndex& stored) {
  for (uint64_t position = stored.size(); position > 0; --position) {
    EK_ASSIGN_OR_RETURN(v1::Episode episode, store_->Read(stored.At(position - 1)));
    absl::MutexLock lock(&mutex_);
    if (!ram_tier_.Insert(std::make_shared<const v1::Episode>(std::move(episode)))) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<ReplayTable*> ReplayTables::Find(const std::string& name) {
  if (name.empty()) return tables_.front().get();
  std::vector<std::string> names;
  for (const auto& table : tables_) {
    if (table->name() == name) return table.get();
    names.push_back(table->name());
  }
  return absl::NotFoundError(
      absl::StrCat("there is no table \"", name, "\"; there are: ", absl::StrJoin(names, ", ")));
}

const ReplayTable* ReplayTables::Blocking() const {
  for (const auto& table : tables_) {
    if (!table->limiter().AllowsInsert(table->episodes())) return table.get();
  }
  return nullptr;
}

absl::StatusOr<std::vector<TableState>> ReplayTables::AdmitInsert(uint64_t number, uint32_t steps,
                                                                  absl::Duration timeout, bool* admitted) {
  absl::MutexLock lock(&mutex_);
  const auto may_go_on = [this, number]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closed_ || Blocking() == nullptr || index_.WasAppended(number);
  };
  if (!may_go_on() && !mutex_.AwaitWithTimeout(absl::Condition(&may_go_on), timeout)) {
    const ReplayTable* table = Blocking();
    return absl::DeadlineExceededError(
        absl::StrCat("episode ", number, " waited for draws from table ", table->name(), ": ",
                     table->limiter().State(table->episodes()), "; draw more, or raise samples_slack"));
  }
  std::vector<TableState> states;
  if (index_.WasAppended(number)) return states;
  if (Blocking() != nullptr) return Closed();
  *admitted = true;
  for (const auto& table : tables_) {
    table->limiter().Inserted();
    TableState state;
    state.table = table->name();
    state.items.emplace_back(number, table->NewRecord(steps));
    states.push_back(std::move(state));
  }
  return states;
}

absl::StatusOr<v1::AppendReply> ReplayTables::Append(SharedEpisode episode, absl::Duration timeout) {
  EK_RETURN_IF_ERROR(ValidateEpisode(*episode));
  const uint64_t number = episode->number();
  bool admitted = false;
  EK_ASSIGN_OR_RETURN(const std::vector<TableState> states,
                      AdmitInsert(number, episode->steps(), timeout, &admitted));
  std::vector<TableState> stored;
  {
    absl::MutexLock lock(&mutex_);
    for (size_t i = 0; i < states.size(); ++i) {
      if (tables_[i]->keeps_records()) stored.push_back(states[i]);
    }
  }
  EK_ASSIGN_OR_RETURN(const ExperienceStore::AppendOutcome outcome, StoreOrGiveUp(*episode, stored, admitted));
  // Stored, but by a try that was not acknowledged: it is what that one brought, if it is still there.
  if (admitted && outcome.was_present) {
    absl::StatusOr<v1::Episode> there = store_->Read(number);
    if (!there.ok() && !absl::IsNotFound(there.status())) return there.status();
    episode = there.ok() ? std::make_shared<const v1::Episode>(*std::move(there)) : nullptr;
  }
  absl::MutexLockMaybe in_order(has_capacities_ ? &records_mutex_ : nullptr);
  std::vector<TableState> removed;
  {
    absl::MutexLock lock(&mutex_);
    if (admitted && !index_.WasAppended(number)) Enter(number, std::move(episode), states, outcome.contents.evicted());
    removed = RemoveBeyondCapacities();
  }
  EK_RETURN_IF_ERROR(Store(removed));
  v1::AppendReply reply;
  reply.set_was_present(outcome.was_present);
  reply.set_episodes(outcome.contents.size());
  return reply;
}

absl::StatusOr<ExperienceStore::AppendOutcome> ReplayTables::StoreOrGiveUp(const v1::Episode& episode,
                                                                           const std::vector<TableState>& states,
                                                                           bool admitted) {
  absl::StatusOr<ExperienceStore::AppendOutcome> outcome = store_->Append(episode, states);
  if (outcome.ok() || !admitted) return outcome;
  absl::MutexLock lock(&mutex_);
  for (const auto& table : tables_) table->limiter().Uninserted();
  return outcome;
}

void ReplayTables::Enter(uint64_t number, SharedEpisode episode, const std::vector<TableState>& states,
                         uint64_t evicted) {
  index_.Insert(number);
  if (episode != nullptr) {
    const uint32_t steps = episode->steps();
    for (size_t i = 0; i < tables_.size(); ++i) {
      const v1::ItemsRecord& record = states[i].items.front().second;
      const bool fits = tables_[i]->CheckRecord(steps, record).ok();
      tables_[i]->Insert(number, steps, fits ? record : tables_[i]->NewRecord(steps));
    }
    ram_tier_.Insert(std::move(episode));
  }
  EvictBelow(evicted);
}

void ReplayTables::EvictBelow(uint64_t evicted) {
  evicted_ = std::max(evicted_, evicted);
  while (index_.evicted() < evicted_ && index_.CanEvict()) index_.EvictOldest();
  ram_tier_.EraseBelow(evicted_);
  for (const auto& table : tables_) table->EraseBelow(evicted_);
}

std::vector<TableState> ReplayTables::RemoveBeyondCapacities() {
  std::vector<TableState> removed;
  for (const auto& table : tables_) {
    ReplayTable::Records records = table->RemoveBeyondCapacity();
    if (!records.empty()) removed.push_back({table->name(), 0, std::move(records)});
  }
  return removed;
}

absl::Status ReplayTables::Store(const std::vector<TableState>& states) {
  for (const TableState& state : states) EK_RETURN_IF_ERROR(store_->WriteTable(state));
  return absl::OkStatus();
}

absl::StatusOr<std::vector<SampledEpisode>> ReplayTables::Sample(const v1::SampleRequest& request,
                                                                 absl::Duration timeout) {
  if (request.episodes() == 0) {
    return absl::InvalidArgumentError("SampleRequest.episodes: expected at least 1, found 0");
  }
  for (int draw = 0; draw < kMaxDraws; ++draw) {
    EK_ASSIGN_OR_RETURN(std::vector<Drawn> drawn, DrawAndRecord(request, timeout));
    const absl::Status read = ReadMissing(&drawn);
    if (read.ok()) {
      std::vector<SampledEpisode> sample;
      sample.reserve(drawn.size());
      for (Drawn& one : drawn) sample.push_back(Handed(one.item, one.table_items, std::move(one.episode)));
      return sample;
    }
    if (!absl::IsNotFound(read)) return read;
    const uint64_t evicted = store_->contents().evicted();
    absl::MutexLock lock(&mutex_);
    EvictBelow(evicted);
    (*Find(request.table()))->limiter().Undrew(request.episodes());
  }
  return absl::UnavailableError(absl::StrCat("drew ", kMaxDraws,
                                             " times, and each time an episode was evicted before it "
                                             "could be read; try again, or raise replay.capacity_episodes"));
}

absl::Status ReplayTables::AwaitDraw(const ReplayTable& table, const v1::SampleRequest& request,
                                     absl::Duration timeout) {
  const auto enough = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return closed_ || (table.EpisodesBelow(request.before_episode()) >= request.min_episodes() &&
                       table.limiter().AllowsDraw(request.episodes(), table.episodes()));
  };
  const bool came = enough() || mutex_.AwaitWithTimeout(absl::Condition(&enough), timeout);
  if (closed_) return Closed();
  const uint64_t population = table.ItemsBelow(request.before_episode());
  if (!came) {
    const uint64_t episodes = table.EpisodesBelow(request.before_episode());
    if (episodes < request.min_episodes()) {
      return absl::DeadlineExceededError(absl::StrCat("waited for ", request.min_episodes(), " episodes",
                                                      Below(request.before_episode()), ", there are ", episodes));
    }
    return absl::DeadlineExceededError(absl::StrCat("a draw of ", request.episodes(), " waited for episodes in table ",
                                                    table.name(), ": ", table.limiter().State(table.episodes())));
  }
  if (population >= request.episodes()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "asked to draw ", request.episodes(), table.cuts_sequences() ? " sequences" : " episodes",
      Below(request.before_episode()), ", there are ", population, "; ask for fewer, or set min_episodes to wait"));
}

// Only where draws are stored does one draw wait for the other's write; the wait for episodes is never under that lock.
absl::StatusOr<std::vector<ReplayTables::Drawn>> ReplayTables::DrawAndRecord(const v1::SampleRequest& request,
                                                                             absl::Duration timeout) {
  if (!records_draws_) return Draw(request, timeout);
  {
    absl::MutexLock lock(&mutex_);
    EK_ASSIGN_OR_RETURN(ReplayTable * table, Find(request.table()));
    EK_RETURN_IF_ERROR(AwaitDraw(*table, request, timeout));
  }
  absl::MutexLock in_order(&records_mutex_);
  return Draw(request, absl::ZeroDuration());
}

absl::StatusOr<std::vector<ReplayTables::Drawn>> ReplayTables::Draw(const v1::SampleRequest& request,
                                                                    absl::Duration timeout) {
  std::vector<Drawn> drawn;
  TableState counted;
  {
    absl::MutexLock lock(&mutex_);
    EK_ASSIGN_OR_RETURN(ReplayTable * table, Find(request.table()));
    EK_RETURN_IF_ERROR(AwaitDraw(*table, request, timeout));
    const uint64_t table_items = table->ItemsBelow(request.before_episode());
    counted.table = table->name();
    drawn.reserve(request.episodes());
    for (const ReplayTable::Drawn& item :
         table->Draw(request.episodes(), request.before_episode(), request.seed(), &counted.items)) {
      drawn.push_back({item, table_items, ram_tier_.Find(item.number)});
    }
  }
  if (!counted.items.empty()) EK_RETURN_IF_ERROR(store_->WriteTable(counted));
  return drawn;
}

absl::Status ReplayTables::ReadMissing(std::vector<Drawn>* drawn) const {
  for (Drawn& one : *drawn) {
    if (one.episode != nullptr) continue;
    EK_ASSIGN_OR_RETURN(v1::Episode episode, store_->Read(one.item.number));
    one.episode = std::make_shared<const v1::Episode>(std::move(episode));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::UpdatePrioritiesReply> ReplayTables::UpdatePriorities(const v1::UpdatePrioritiesRequest& request) {
  absl::MutexLock in_order(&records_mutex_);
  v1::UpdatePrioritiesReply reply;
  TableState state;
  {
    absl::MutexLock lock(&mutex_);
    EK_ASSIGN_OR_RETURN(ReplayTable * table, Find(request.table()));
    EK_ASSIGN_OR_RETURN(const uint64_t updated, table->UpdatePriorities(request, &state.items));
    reply.set_updated(updated);
    state.table = table->name();
    state.highest_priority = table->highest_priority();
  }
  if (!state.items.empty()) EK_RETURN_IF_ERROR(store_->WriteTable(state));
  return reply;
}

absl::StatusOr<v1::SnapshotReply> ReplayTables::Snapshot(const v1::SnapshotRequest& request) {
  if (!absl::StartsWith(request.directory(), "/")) {
    return absl::InvalidArgumentError(
        absl::StrCat("SnapshotRequest.directory: expected an absolute path, found \"", request.directory(), "\""));
  }
  v1::SnapshotReply reply;
  reply.set_episodes(store_->contents().size());
  EK_RETURN_IF_ERROR(store_->Snapshot(request.directory()));
  return reply;
}

absl::StatusOr<v1::ReplayInfo> ReplayTables::GetInfo(const v1::InfoRequest& request, absl::Duration timeout) {
  v1::ReplayInfo info;
  info.set_disk_bytes(store_->disk_bytes());
  info.set_database_bytes(store_->memory_bytes());
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
  for (const auto& table : tables_) info.set_index_bytes(info.index_bytes() + table->bytes());
  return info;
}

void ReplayTables::Close() {
  absl::MutexLock lock(&mutex_);
  closed_ = true;
}

}  // namespace evenkeel
