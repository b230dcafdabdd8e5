#include "replay/experience_store.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/options.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/durable_file.h"
#include "common/status_macros.h"
#include "replay/episode_record.h"
#include "replay/store_database.h"

namespace evenkeel {
namespace {

// How long a leader waits for the writers of the last group to come again, before an fsync. Without it the one that
// comes first goes alone, and the others wait a whole fsync for the next group; a fast disk takes about as long for one
// fsync.
constexpr absl::Duration kGather = absl::Microseconds(200);

// Memory that was written to before costs no page faults.
constexpr size_t kMaxBuffers = 4;

uint64_t MaxGroupBytes(const ExperienceStoreOptions& options) { return options.write_buffer_bytes / 4; }

// What must be free before a store that found the disk full goes on: one table and one log, both of a full buffer.
uint64_t BytesToGoOn(const ExperienceStoreOptions& options) { return 2 * options.write_buffer_bytes + (1 << 20); }

uint64_t Property(rocksdb::DB* db, const std::string& name) {
  uint64_t value = 0;
  db->GetIntProperty(name, &value);
  return value;
}

}  // namespace

struct ExperienceStore::Change {
  EpisodeIndex index;                     // after it
  uint64_t bytes;                         // stored after it
  std::map<uint64_t, uint64_t> appended;  // number to bytes of its value
};

absl::StatusOr<std::unique_ptr<ExperienceStore>> ExperienceStore::Open(const ExperienceStoreOptions& options) {
  if (options.capacity_episodes == 0) {
    return absl::InvalidArgumentError("replay.capacity_episodes: expected at least 1, found 0");
  }
  std::unique_ptr<ExperienceStore> store(new ExperienceStore(options));
  absl::MutexLock lock(&store->mutex_);
  EK_RETURN_IF_ERROR(store->Recover());
  return store;
}

ExperienceStore::ExperienceStore(const ExperienceStoreOptions& options)
    : options_(options),
      batch_(std::make_unique<rocksdb::WriteBatch>()),
      contents_(std::make_unique<StoreContents>()) {}

ExperienceStore::~ExperienceStore() = default;

absl::Status ExperienceStore::Recover() {
  absl::MutexLock lock(&db_mutex_);
  db_.reset();  // before it opens again: RocksDB lets nobody in beside itself
  EK_ASSIGN_OR_RETURN(db_, OpenDatabase(options_));
  EK_ASSIGN_OR_RETURN(*contents_, ReadContents(options_, db_.get()));
  recovery_needed_ = false;
  return absl::OkStatus();
}

absl::Status ExperienceStore::RecoverIfThereIsSpace() {
  rocksdb::Env* const env = options_.env != nullptr ? options_.env : rocksdb::Env::Default();
  uint64_t free = 0;
  if (env->GetFreeSpace(options_.path, &free).ok() && free < BytesToGoOn(options_)) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "cannot write to the replay store ", options_.path, ": the disk is full: ", free, " bytes are free, ",
        BytesToGoOn(options_), " are needed to go on; nothing was stored; free space, then append again"));
  }
  return Recover();
}

absl::StatusOr<ExperienceStore::AppendOutcome> ExperienceStore::Append(const v1::Episode& episode,
                                                                       const std::vector<TableState>& states) {
  std::string value = TakeBuffer();
  EncodeEpisodeInto(episode, &value);
  Pending pending;
  pending.number = episode.number();
  pending.value = &value;
  pending.states = states.data();
  pending.state_count = states.size();
  Commit(&pending);
  GiveBuffer(std::move(value));
  if (!pending.status.ok()) return pending.status;
  return AppendOutcome{pending.was_present, std::move(pending.contents)};
}

std::string ExperienceStore::TakeBuffer() {
  absl::MutexLock lock(&mutex_);
  if (buffers_.empty()) return std::string();
  std::string buffer = std::move(buffers_.back());
  buffers_.pop_back();
  return buffer;
}

void ExperienceStore::GiveBuffer(std::string buffer) {
  if (buffer.capacity() > MaxGroupBytes(options_)) return;
  absl::MutexLock lock(&mutex_);
  if (buffers_.size() < kMaxBuffers) buffers_.push_back(std::move(buffer));
}

absl::Status ExperienceStore::WriteTable(const TableState& state) {
  Pending pending;
  pending.states = &state;
  pending.state_count = 1;
  Commit(&pending);
  return pending.status;
}

void ExperienceStore::Commit(Pending* pending) {
  {
    absl::MutexLock lock(&mutex_);
    queue_.push_back(pending);
    if (!leading_) {
      leading_ = true;
      pending->turn.Notify();
    }
  }
  pending->turn.WaitForNotification();
  if (pending->done) return;
  std::vector<Pending*> group;
  Pending* next = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    group = Gather();
    Lead(group);
    if (batch_->GetDataSize() > 2 * MaxGroupBytes(options_)) batch_ = std::make_unique<rocksdb::WriteBatch>();
    leading_ = !queue_.empty();
    if (leading_) next = queue_.front();
  }
  // A woken caller's Pending may be gone at once.
  for (Pending* other : group) {
    if (other != pending) other->turn.Notify();
  }
  if (next != nullptr) next->turn.Notify();
}

std::vector<ExperienceStore::Pending*> ExperienceStore::Gather() {
  const auto all_came = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return queue_.size() >= last_group_; };
  if (options_.sync && last_group_ > 1) mutex_.AwaitWithTimeout(absl::Condition(&all_came), kGather);
  std::vector<Pending*> group;
  uint64_t bytes = 0;
  while (!queue_.empty() && (group.empty() || bytes + queue_.front()->bytes() <= MaxGroupBytes(options_))) {
    bytes += queue_.front()->bytes();
    group.push_back(queue_.front());
    queue_.pop_front();
  }
  last_group_ = group.size();
  return group;
}

void ExperienceStore::Lead(const std::vector<Pending*>& group) {
  // The second try is for an error that has gone since it came up in the background.
  absl::Status status = TryLead(group);
  if (!status.ok() && recovery_needed_) status = TryLead(group);
  for (Pending* pending : group) {
    if (pending->status.ok()) pending->status = status;
    pending->contents = contents_->index;
    pending->done = true;
  }
}

absl::Status ExperienceStore::TryLead(const std::vector<Pending*>& group) {
  if (recovery_needed_) EK_RETURN_IF_ERROR(RecoverIfThereIsSpace());
  Change change{contents_->index, contents_->bytes, {}};
  rocksdb::WriteBatch& batch = *batch_;
  batch.Clear();
  for (Pending* pending : group) pending->status = Add(pending, &change, &batch);
  if (change.index.evicted() != contents_->index.evicted()) {
    batch.Put(kEvictedKey, BigEndian(change.index.evicted()));
  }
  if (batch.Count() == 0) return absl::OkStatus();
  rocksdb::WriteOptions write;
  write.sync = options_.sync;
  mutex_.Unlock();
  rocksdb::Status status;
  {
    absl::ReaderMutexLock lock(&db_mutex_);
    status = db_->Write(write, &batch);
  }
  mutex_.Lock();
  if (!status.ok()) {
    recovery_needed_ = true;
    return Translate(status, "write to", options_.path);
  }
  contents_->index = std::move(change.index);
  contents_->bytes = change.bytes;
  contents_->value_bytes.insert(change.appended.begin(), change.appended.end());
  contents_->value_bytes.erase(contents_->value_bytes.begin(),
                               contents_->value_bytes.lower_bound(contents_->index.evicted()));
  return absl::OkStatus();
}

absl::Status ExperienceStore::Add(Pending* pending, Change* change, rocksdb::WriteBatch* batch) {
  if (pending->value != nullptr) {
    const uint64_t number = pending->number;
    pending->was_present = change->index.WasAppended(number);
    if (pending->was_present) return absl::OkStatus();
    if (number - change->index.next() >= options_.capacity_episodes) {
      return absl::OutOfRangeError(absl::StrCat("cannot append episode ", number, " to the replay store ",
                                                options_.path, ": episode ", change->index.next(),
                                                " is still missing, and with a capacity of ",
                                                options_.capacity_episodes, " episodes it must come first"));
    }
    change->index.Insert(number);
    change->appended[number] = pending->value->size();
    change->bytes += pending->value->size();
    batch->Put(EpisodeKey(number), *pending->value);
  }
  AddStates(*pending, change->index, batch);
  if (pending->value != nullptr) Evict(change, batch);
  return absl::OkStatus();
}

void ExperienceStore::AddStates(const Pending& pending, const EpisodeIndex& index, rocksdb::WriteBatch* batch) const {
  for (size_t i = 0; i < pending.state_count; ++i) {
    const TableState& state = pending.states[i];
    if (state.highest_priority > 0) batch->Put(HighestPriorityKey(state.table), EncodeDouble(state.highest_priority));
    for (const auto& [number, record] : state.items) {
      if (index.Contains(number)) batch->Put(ItemsKey(number, state.table), record.SerializeAsString());
    }
  }
}

// The episodes ahead of the first gap are fewer than the capacity (see OUT_OF_RANGE), so beyond it one can always go;
// bytes may stay above theirs until the gap is filled.
void ExperienceStore::Evict(Change* change, rocksdb::WriteBatch* batch) {
  const auto beyond = [this, change]() {
    return change->index.size() > options_.capacity_episodes ||
           (options_.capacity_bytes > 0 && change->bytes > options_.capacity_bytes && change->index.size() > 1);
  };
  while (change->index.CanEvict() && beyond()) {
    const uint64_t oldest = change->index.EvictOldest();
    const auto appended = change->appended.find(oldest);
    change->bytes -= appended != change->appended.end() ? appended->second : contents_->value_bytes.at(oldest);
    batch->Delete(EpisodeKey(oldest));
    for (const std::string& table : options_.tables) batch->Delete(ItemsKey(oldest, table));
  }
}

absl::Status ExperienceStore::Unavailable(const std::string& what) const {
  return absl::UnavailableError(absl::StrCat("cannot ", what, " the replay store ", options_.path,
                                             ": it could not be recovered after a failed write"));
}

absl::StatusOr<TableState> ExperienceStore::ReadTable(const std::string& table) const {
  const EpisodeIndex stored = contents();
  absl::ReaderMutexLock lock(&db_mutex_);
  if (db_ == nullptr) return Unavailable(absl::StrCat("read table ", table, " from"));
  return ReadTableState(options_, db_.get(), stored, table);
}

absl::StatusOr<v1::Episode> ExperienceStore::Read(uint64_t number) const {
  absl::ReaderMutexLock lock(&db_mutex_);
  if (db_ == nullptr) return Unavailable(absl::StrCat("read episode ", number, " from"));
  rocksdb::PinnableSlice value;
  rocksdb::ReadOptions read;
  read.fill_cache = false;
  const rocksdb::Status status = db_->Get(read, db_->DefaultColumnFamily(), EpisodeKey(number), &value);
  if (status.IsNotFound()) {
    return absl::NotFoundError(
        absl::StrCat("episode ", number, " is not in the replay store ", options_.path));
  }
  if (!status.ok()) return Translate(status, absl::StrCat("read episode ", number, " from"), options_.path);
  absl::StatusOr<v1::Episode> episode = DecodeEpisode(number, View(value));
  if (episode.ok()) return episode;
  return absl::DataLossError(absl::StrCat("cannot read episode ", number, " from the replay store ",
                                          options_.path, ": it is damaged (", episode.status().message(),
                                          ")"));
}

absl::Status ExperienceStore::Snapshot(const std::string& folder) const {
  const std::string what = absl::StrCat("write the snapshot ", folder, " of");
  const std::filesystem::path parent = std::filesystem::path(folder).parent_path();
  std::error_code error;
  if (std::filesystem::exists(folder, error)) {
    return absl::AlreadyExistsError(absl::StrCat("cannot ", what, " the replay store ", options_.path, ": it exists"));
  }
  if (!std::filesystem::is_directory(parent, error)) {
    return absl::NotFoundError(absl::StrCat("cannot ", what, " the replay store ", options_.path, ": the folder ",
                                            parent.string(), " does not exist"));
  }
  absl::ReaderMutexLock lock(&db_mutex_);
  if (db_ == nullptr) return Unavailable(what);
  rocksdb::Checkpoint* made = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(db_.get(), &made);
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  // 0: what is only in the log goes into a table first, so that nothing is copied.
  if (status.ok()) status = checkpoint->CreateCheckpoint(folder, /*log_size_for_flush=*/0);
  if (!status.ok()) return Translate(status, what, options_.path);
  return SyncFolder(parent.string());
}

EpisodeIndex ExperienceStore::contents() const {
  absl::MutexLock lock(&mutex_);
  return contents_->index;
}

uint64_t ExperienceStore::disk_bytes() const {
  absl::ReaderMutexLock lock(&db_mutex_);
  if (db_ == nullptr) return 0;
  return Property(db_.get(), rocksdb::DB::Properties::kEstimateLiveDataSize) +
         Property(db_.get(), rocksdb::DB::Properties::kCurSizeAllMemTables);
}

uint64_t ExperienceStore::memory_bytes() const {
  absl::ReaderMutexLock lock(&db_mutex_);
  if (db_ == nullptr) return 0;
  return Property(db_.get(), rocksdb::DB::Properties::kSizeAllMemTables) +
         Property(db_.get(), rocksdb::DB::Properties::kEstimateTableReadersMem) +
         Property(db_.get(), rocksdb::DB::Properties::kBlockCacheUsage);
}

uint64_t ExperienceStore::MaxMemoryBytes(const ExperienceStoreOptions& options) {
  return 2 * (options.write_buffer_bytes + MaxGroupBytes(options)) + kBlockCacheBytes + kOpenTablesBytes;
}

}  // namespace evenkeel
