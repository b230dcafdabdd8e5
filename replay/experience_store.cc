#include "replay/experience_store.h"

#include <rocksdb/db.h>
#include <rocksdb/env.h>
#include <rocksdb/iterator.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/slice.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "common/durable_file.h"
#include "common/status_macros.h"
#include "replay/episode_record.h"

namespace evenkeel {
namespace {

constexpr char kFormat[] = "evenkeel-replay/1";
constexpr char kFormatKey[] = "m:format";
constexpr char kRunKey[] = "m:run";
constexpr char kEvictedKey[] = "m:evicted";
constexpr char kStartOver[] = "move the folder away to start the run over without it";

absl::string_view View(const rocksdb::Slice& slice) { return absl::string_view(slice.data(), slice.size()); }

// `what` was tried on the store at `path`, and RocksDB answered `status`.
absl::Status Translate(const rocksdb::Status& status, absl::string_view what, const std::string& path) {
  const std::string cause = status.ToString();
  const std::string prefix = absl::StrCat("cannot ", what, " the replay store ", path, ": ");
  if (status.IsNoSpace() || absl::StrContains(cause, "No space left on device")) {
    return absl::ResourceExhaustedError(absl::StrCat(prefix, "the disk is full (", cause,
                                                     "); nothing was stored; free space, then it goes on"));
  }
  if (absl::StrContains(cause, "lock file") || absl::StrContains(cause, "lock hold by")) {
    return absl::FailedPreconditionError(
        absl::StrCat(prefix, "another process has it open (", cause, "); stop that one first"));
  }
  if (status.IsCorruption() || status.IsPathNotFound()) {
    return absl::DataLossError(absl::StrCat(prefix, "it is damaged (", cause, "); ", kStartOver));
  }
  if (status.IsInvalidArgument()) {
    return absl::FailedPreconditionError(
        absl::StrCat(prefix, "it is not a replay store (", cause, "); ", kStartOver));
  }
  return absl::InternalError(absl::StrCat(prefix, cause));
}

bool IsRocksDbName(absl::string_view name) {
  for (absl::string_view whole : {"CURRENT", "IDENTITY", "LOCK", "LOG", "archive"}) {
    if (name == whole) return true;
  }
  for (absl::string_view start : {"MANIFEST-", "OPTIONS-", "LOG.old."}) {
    if (absl::StartsWith(name, start)) return true;
  }
  for (absl::string_view end : {".sst", ".log", ".dbtmp"}) {
    if (absl::EndsWith(name, end)) return true;
  }
  return false;
}

// Before RocksDB writes into `path`: refuses a folder that belongs to somebody else, or has lost its entry
// point.
absl::Status CheckFolder(const std::string& path) {
  std::error_code error;
  bool has_current = false;
  bool has_data = false;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!IsRocksDbName(name)) {
      return absl::FailedPreconditionError(absl::StrCat("cannot open the replay store ", path, ": it holds ",
                                                        name, ", which no replay store has; ", kStartOver));
    }
    has_current = has_current || name == "CURRENT";
    has_data = has_data || absl::EndsWith(name, ".sst") || absl::EndsWith(name, ".log");
  }
  if (error) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot open the replay store ", path, ": ", error.message()));
  }
  if (has_data && !has_current) {
    return absl::DataLossError(absl::StrCat("cannot open the replay store ", path,
                                            ": it is damaged (file CURRENT is missing); ", kStartOver));
  }
  return absl::OkStatus();
}

// After a failed write RocksDB would resume from a thread of its own; Append recovers the database instead.
class NeverResume : public rocksdb::EventListener {
 public:
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status, bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

rocksdb::Options DatabaseOptions(const ExperienceStoreOptions& options) {
  rocksdb::Options database;
  if (options.env != nullptr) database.env = options.env;
  database.create_if_missing = true;
  database.write_buffer_size = options.write_buffer_bytes;
  database.compression = rocksdb::kNoCompression;
  database.keep_log_file_num = 2;
  // Only the last record may be torn, by a crash. Anything else is damage, and must not pass as "fewer
  // episodes".
  database.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // Recovery after a full disk must not need much of it.
  database.avoid_flush_during_recovery = true;
  database.track_and_verify_wals_in_manifest = true;
  database.max_bgerror_resume_count = 0;
  database.listeners.push_back(std::make_shared<NeverResume>());
  rocksdb::BlockBasedTableOptions table;
  table.no_block_cache = true;  // the RAM tier is the cache
  database.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return database;
}

absl::Status Damaged(absl::string_view cause, const std::string& path) {
  return absl::DataLossError(
      absl::StrCat("cannot open the replay store ", path, ": it is damaged (", cause, "); ", kStartOver));
}

absl::StatusOr<std::unique_ptr<rocksdb::DB>> OpenDatabase(const ExperienceStoreOptions& options) {
  EK_RETURN_IF_ERROR(MakeFolders(options.path));
  EK_RETURN_IF_ERROR(CheckFolder(options.path));
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(DatabaseOptions(options), options.path, &opened);
  if (!status.ok()) return Translate(status, "open", options.path);
  return std::unique_ptr<rocksdb::DB>(opened);
}

// Gives an empty database its markers.
absl::Status MarkIfNew(const ExperienceStoreOptions& options, rocksdb::DB* db) {
  const std::unique_ptr<rocksdb::Iterator> any(db->NewIterator(rocksdb::ReadOptions()));
  any->SeekToFirst();
  if (!any->status().ok()) return Translate(any->status(), "read", options.path);
  if (any->Valid()) return absl::OkStatus();
  rocksdb::WriteBatch batch;
  batch.Put(kFormatKey, kFormat);
  batch.Put(kRunKey, options.run_id);
  batch.Put(kEvictedKey, BigEndian(0));
  rocksdb::WriteOptions write;
  write.sync = true;
  const rocksdb::Status status = db->Write(write, &batch);
  return status.ok() ? absl::OkStatus() : Translate(status, "write to", options.path);
}

absl::Status CheckMarker(const ExperienceStoreOptions& options, rocksdb::DB* db, absl::string_view what,
                         const char* key, const std::string& expected) {
  std::string found;
  const rocksdb::Status status = db->Get(rocksdb::ReadOptions(), key, &found);
  if (status.ok() && found == expected) return absl::OkStatus();
  if (!status.ok() && !status.IsNotFound()) return Translate(status, "read", options.path);
  return absl::FailedPreconditionError(
      absl::StrCat("cannot use the replay store ", options.path, ": ", what, ": expected \"", expected,
                   "\", found ", status.ok() ? absl::StrCat("\"", found, "\"") : "none", "; ", kStartOver));
}

// What the database holds, every key and value checked.
absl::StatusOr<EpisodeIndex> ReadContents(const ExperienceStoreOptions& options, rocksdb::DB* db) {
  std::string value;
  const rocksdb::Status status = db->Get(rocksdb::ReadOptions(), kEvictedKey, &value);
  if (!status.ok() && !status.IsNotFound()) return Translate(status, "read", options.path);
  const absl::optional<uint64_t> evicted = FromBigEndian(value);
  if (!evicted.has_value()) return Damaged("key m:evicted does not hold 8 bytes", options.path);
  EpisodeIndex contents(*evicted);

  const std::unique_ptr<rocksdb::Iterator> entry(db->NewIterator(rocksdb::ReadOptions()));
  for (entry->SeekToFirst(); entry->Valid(); entry->Next()) {
    const absl::string_view key = View(entry->key());
    if (key == kFormatKey || key == kRunKey || key == kEvictedKey) continue;
    const absl::optional<uint64_t> number = EpisodeOfKey(key);
    if (!number.has_value()) return Damaged("a key is neither an episode nor a marker", options.path);
    const absl::Status episode = CheckEpisodeValue(View(entry->value()));
    if (!episode.ok())
      return Damaged(absl::StrCat("episode ", *number, ": ", episode.message()), options.path);
    if (contents.WasAppended(*number))
      return Damaged(absl::StrCat("episode ", *number, " was evicted"), options.path);
    contents.Insert(*number);
  }
  if (!entry->status().ok()) return Translate(entry->status(), "read", options.path);
  return contents;
}

// What must be free before a store that found the disk full goes on: one table and one log, both of a full
// buffer.
uint64_t BytesToGoOn(const ExperienceStoreOptions& options) {
  return 2 * options.write_buffer_bytes + (1 << 20);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ExperienceStore>> ExperienceStore::Open(
    const ExperienceStoreOptions& options) {
  if (options.capacity_episodes == 0) {
    return absl::InvalidArgumentError("replay.capacity_episodes: expected at least 1, found 0");
  }
  std::unique_ptr<ExperienceStore> store(new ExperienceStore(options));
  absl::MutexLock lock(&store->mutex_);
  EK_RETURN_IF_ERROR(store->Recover());
  return store;
}

ExperienceStore::ExperienceStore(const ExperienceStoreOptions& options) : options_(options) {}

ExperienceStore::~ExperienceStore() = default;

absl::Status ExperienceStore::Recover() {
  absl::MutexLock lock(&db_mutex_);
  db_.reset();  // before it opens again: RocksDB lets nobody in beside itself
  EK_ASSIGN_OR_RETURN(db_, OpenDatabase(options_));
  EK_RETURN_IF_ERROR(MarkIfNew(options_, db_.get()));
  EK_RETURN_IF_ERROR(CheckMarker(options_, db_.get(), "format", kFormatKey, kFormat));
  EK_RETURN_IF_ERROR(CheckMarker(options_, db_.get(), "run", kRunKey, options_.run_id));
  EK_ASSIGN_OR_RETURN(contents_, ReadContents(options_, db_.get()));
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

absl::StatusOr<ExperienceStore::AppendOutcome> ExperienceStore::Append(const v1::Episode& episode) {
  const uint64_t number = episode.number();
  const std::string value = EncodeEpisode(episode);
  absl::MutexLock lock(&mutex_);
  // The second try is for an error that has gone since it came up in the background.
  absl::Status status;
  for (int attempt = 0; attempt < 2; ++attempt) {
    if (recovery_needed_) EK_RETURN_IF_ERROR(RecoverIfThereIsSpace());
    if (contents_.WasAppended(number)) return AppendOutcome{true, contents_};
    if (number - contents_.next() >= options_.capacity_episodes) {
      return absl::OutOfRangeError(absl::StrCat("cannot append episode ", number, " to the replay store ",
                                                options_.path, ": episode ", contents_.next(),
                                                " is still missing, and with a capacity of ",
                                                options_.capacity_episodes, " episodes it must come first"));
    }
    status = Write(number, value);
    if (status.ok()) return AppendOutcome{false, contents_};
  }
  return status;
}

// The episodes ahead of the first gap are fewer than the capacity (see OUT_OF_RANGE), so beyond it one can
// always go.
absl::Status ExperienceStore::Write(uint64_t number, const std::string& episode) {
  EpisodeIndex after = contents_;
  after.Insert(number);
  rocksdb::WriteBatch batch;
  batch.Put(EpisodeKey(number), episode);
  while (after.size() > options_.capacity_episodes && after.CanEvict())
    batch.Delete(EpisodeKey(after.EvictOldest()));
  if (after.evicted() != contents_.evicted()) batch.Put(kEvictedKey, BigEndian(after.evicted()));

  rocksdb::WriteOptions write;
  write.sync = options_.sync;
  absl::ReaderMutexLock lock(&db_mutex_);
  const rocksdb::Status status = db_->Write(write, &batch);
  if (!status.ok()) {
    recovery_needed_ = true;
    return Translate(status, "write to", options_.path);
  }
  contents_ = std::move(after);
  return absl::OkStatus();
}

absl::StatusOr<v1::Episode> ExperienceStore::Read(uint64_t number) const {
  absl::ReaderMutexLock lock(&db_mutex_);
  if (db_ == nullptr) {
    return absl::UnavailableError(absl::StrCat("cannot read episode ", number, " from the replay store ",
                                               options_.path,
                                               ": it could not be recovered after a failed write"));
  }
  rocksdb::PinnableSlice value;
  const rocksdb::Status status =
      db_->Get(rocksdb::ReadOptions(), db_->DefaultColumnFamily(), EpisodeKey(number), &value);
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

EpisodeIndex ExperienceStore::contents() const {
  absl::MutexLock lock(&mutex_);
  return contents_;
}

uint64_t ExperienceStore::disk_bytes() const {
  absl::ReaderMutexLock lock(&db_mutex_);
  if (db_ == nullptr) return 0;
  uint64_t tables = 0;
  uint64_t log = 0;
  db_->GetIntProperty(rocksdb::DB::Properties::kEstimateLiveDataSize, &tables);
  db_->GetIntProperty(rocksdb::DB::Properties::kCurSizeAllMemTables, &log);
  return tables + log;
}

}  // namespace evenkeel
