#include "replay/store_database.h"

#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/iterator.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/slice.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>
#include <string.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/types/optional.h"
#include "common/durable_file.h"
#include "common/status_macros.h"
#include "replay/episode_record.h"
#include "replay/experience_store_info_log.h"
#include "replay/log_file_check.h"

namespace evenkeel {
namespace {

constexpr char kFormat[] = "evenkeel-replay/1";
constexpr char kFormatKey[] = "m:format";
constexpr char kRunKey[] = "m:run";
constexpr char kHighestPrefix[] = "m:priority:";
constexpr int kOpenFiles = 64;
constexpr char kStartOver[] =
    "move the folder away, then it is restored from the newest checkpoint that has a snapshot of it";

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

absl::Status Damaged(absl::string_view cause, const std::string& path) {
  return absl::DataLossError(
      absl::StrCat("cannot open the replay store ", path, ": it is damaged (", cause, "); ", kStartOver));
}

// Before RocksDB removes what it does not find in them. What else is wrong with them it says itself.
absl::Status CheckLogs(const std::string& path) {
  std::error_code error;
  for (std::filesystem::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!absl::EndsWith(name, ".log") && !absl::StartsWith(name, "MANIFEST-")) continue;
    const absl::Status status = CheckLogFile(entry->path().string());
    if (absl::IsDataLoss(status)) return Damaged(status.message(), path);
  }
  return absl::OkStatus();
}

// What is read once must not push indexes out of the block cache.
rocksdb::ReadOptions OnceOnly() {
  rocksdb::ReadOptions read;
  read.fill_cache = false;
  return read;
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
  database.max_write_buffer_number = 2;
  database.max_open_files = kOpenFiles;
  database.info_log = MakeInfoLog(options.path);
  // Only the last record may be torn, by a crash. Anything else is damage, and must not pass as "fewer
  // episodes".
  database.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // Recovery after a full disk must not need much of it.
  database.avoid_flush_during_recovery = true;
  database.track_and_verify_wals_in_manifest = true;
  database.max_bgerror_resume_count = 0;
  database.listeners.push_back(std::make_shared<NeverResume>());
  rocksdb::BlockBasedTableOptions table;
  // Of episodes the RAM tier is the cache (fill_cache is false in every read); indexes and filters live here, so that
  // they do not grow with the number of table files.
  table.block_cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  table.cache_index_and_filter_blocks = true;
  database.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return database;
}

// Gives an empty database its markers, in a table file of their own: they sort after every episode, so the file that they
// share with the first episodes would overlap all that follow, and RocksDB would merge those instead of moving them.
absl::Status MarkIfNew(const ExperienceStoreOptions& options, rocksdb::DB* db) {
  const std::unique_ptr<rocksdb::Iterator> any(db->NewIterator(OnceOnly()));
  any->SeekToFirst();
  if (!any->status().ok()) return Translate(any->status(), "read", options.path);
  if (any->Valid()) return absl::OkStatus();
  rocksdb::WriteBatch batch;
  batch.Put(kFormatKey, kFormat);
  batch.Put(kRunKey, options.run_id);
  batch.Put(kEvictedKey, BigEndian(0));
  rocksdb::WriteOptions write;
  write.sync = true;
  rocksdb::Status status = db->Write(write, &batch);
  if (status.ok()) status = db->Flush(rocksdb::FlushOptions());
  return status.ok() ? absl::OkStatus() : Translate(status, "write to", options.path);
}

absl::Status CheckMarker(const ExperienceStoreOptions& options, rocksdb::DB* db, absl::string_view what,
                         const char* key, const std::string& expected) {
  std::string found;
  const rocksdb::Status status = db->Get(OnceOnly(), key, &found);
  if (status.ok() && found == expected) return absl::OkStatus();
  if (!status.ok() && !status.IsNotFound()) return Translate(status, "read", options.path);
  return absl::FailedPreconditionError(
      absl::StrCat("cannot use the replay store ", options.path, ": ", what, ": expected \"", expected,
                   "\", found ", status.ok() ? absl::StrCat("\"", found, "\"") : "none", "; ", kStartOver));
}

constexpr char kItemsPrefix = 't';

bool IsMarker(absl::string_view key) {
  return key == kFormatKey || key == kRunKey || key == kEvictedKey || absl::StartsWith(key, kHighestPrefix);
}

absl::Status AddEpisode(const ExperienceStoreOptions& options, uint64_t number, absl::string_view value,
                        StoreContents* contents) {
  const absl::Status checked = CheckEpisodeValue(value);
  if (!checked.ok()) return Damaged(absl::StrCat("episode ", number, ": ", checked.message()), options.path);
  if (contents->index.WasAppended(number)) {
    return Damaged(absl::StrCat("episode ", number, " was evicted"), options.path);
  }
  contents->index.Insert(number);
  contents->value_bytes[number] = value.size();
  contents->bytes += value.size();
  return absl::OkStatus();
}

}  // namespace

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

absl::StatusOr<std::unique_ptr<rocksdb::DB>> OpenDatabase(const ExperienceStoreOptions& options) {
  EK_RETURN_IF_ERROR(MakeFolders(options.path));
  EK_RETURN_IF_ERROR(CheckFolder(options.path));
  EK_RETURN_IF_ERROR(CheckLogs(options.path));
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(DatabaseOptions(options), options.path, &opened);
  if (!status.ok()) return Translate(status, "open", options.path);
  std::unique_ptr<rocksdb::DB> db(opened);
  // Iterators of RocksDB 7.8 may take a damaged block of a table for its end and say nothing (mended by its pull request
  // 11782): episodes would be missing, and the store would look whole.
  const rocksdb::Status checked = db->VerifyChecksum(OnceOnly());
  if (!checked.ok()) return Translate(checked, "open", options.path);
  EK_RETURN_IF_ERROR(MarkIfNew(options, db.get()));
  EK_RETURN_IF_ERROR(CheckMarker(options, db.get(), "format", kFormatKey, kFormat));
  EK_RETURN_IF_ERROR(CheckMarker(options, db.get(), "run", kRunKey, options.run_id));
  return db;
}

absl::StatusOr<StoreContents> ReadContents(const ExperienceStoreOptions& options, rocksdb::DB* db) {
  std::string value;
  const rocksdb::Status status = db->Get(OnceOnly(), kEvictedKey, &value);
  if (!status.ok() && !status.IsNotFound()) return Translate(status, "read", options.path);
  const absl::optional<uint64_t> evicted = FromBigEndian(value);
  if (!evicted.has_value()) return Damaged("key m:evicted does not hold 8 bytes", options.path);
  StoreContents contents;
  contents.index = EpisodeIndex(*evicted);

  const std::unique_ptr<rocksdb::Iterator> entry(db->NewIterator(OnceOnly()));
  for (entry->SeekToFirst(); entry->Valid(); entry->Next()) {
    const absl::string_view key = View(entry->key());
    if (IsMarker(key) || absl::StartsWith(key, std::string(1, kItemsPrefix))) continue;
    const absl::optional<uint64_t> number = EpisodeOfKey(key);
    if (!number.has_value()) return Damaged("a key is neither an episode nor a marker", options.path);
    EK_RETURN_IF_ERROR(AddEpisode(options, *number, View(entry->value()), &contents));
  }
  if (!entry->status().ok()) return Translate(entry->status(), "read", options.path);
  return contents;
}

std::string ItemsKey(uint64_t number, absl::string_view table) {
  return absl::StrCat(std::string(1, kItemsPrefix), BigEndian(number), table);
}

std::string HighestPriorityKey(absl::string_view table) { return absl::StrCat(kHighestPrefix, table); }

std::string EncodeDouble(double value) {
  uint64_t bits;
  ::memcpy(&bits, &value, sizeof(bits));
  return BigEndian(bits);
}

absl::StatusOr<TableState> ReadTableState(const ExperienceStoreOptions& options, rocksdb::DB* db,
                                          const EpisodeIndex& stored, const std::string& table) {
  TableState state;
  state.table = table;
  std::string value;
  const rocksdb::Status status = db->Get(OnceOnly(), HighestPriorityKey(table), &value);
  if (!status.ok() && !status.IsNotFound()) return Translate(status, "read", options.path);
  if (status.ok()) {
    const absl::optional<uint64_t> bits = FromBigEndian(value);
    if (!bits.has_value()) return Damaged("a highest priority does not have 8 bytes", options.path);
    ::memcpy(&state.highest_priority, &*bits, sizeof(*bits));
  }
  constexpr size_t kNumberEnd = 1 + sizeof(uint64_t);
  const std::unique_ptr<rocksdb::Iterator> entry(db->NewIterator(OnceOnly()));
  for (entry->Seek(std::string(1, kItemsPrefix)); entry->Valid() && View(entry->key())[0] == kItemsPrefix;
       entry->Next()) {
    const absl::string_view key = View(entry->key());
    const absl::optional<uint64_t> number = FromBigEndian(key.substr(1, sizeof(uint64_t)));
    if (!number.has_value()) return Damaged("the key of a table's items is too short", options.path);
    if (key.substr(kNumberEnd) != table || !stored.Contains(*number)) continue;
    v1::ItemsRecord record;
    if (!record.ParseFromArray(entry->value().data(), static_cast<int>(entry->value().size()))) {
      return Damaged(absl::StrCat("the items of episode ", *number, " in table ", table), options.path);
    }
    state.items.emplace_back(*number, std::move(record));
  }
  if (!entry->status().ok()) return Translate(entry->status(), "read", options.path);
  return state;
}

}  // namespace evenkeel
