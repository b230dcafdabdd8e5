// The RocksDB database beneath the experience store: how it is set up, opened, checked and read. Private to it.
#ifndef EVENKEEL_REPLAY_STORE_DATABASE_H_
#define EVENKEEL_REPLAY_STORE_DATABASE_H_

#include <rocksdb/db.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "replay/episode_index.h"
#include "replay/experience_store.h"

namespace evenkeel {

inline constexpr char kEvictedKey[] = "m:evicted";

inline absl::string_view View(const rocksdb::Slice& slice) { return absl::string_view(slice.data(), slice.size()); }

// `what` was tried on the store at `path`, and RocksDB answered `status`, which is an error.
absl::Status Translate(const rocksdb::Status& status, absl::string_view what, const std::string& path);

// What a database holds.
struct StoreContents {
  EpisodeIndex index;
  std::map<uint64_t, uint64_t> value_bytes;  // of each stored episode
  uint64_t bytes = 0;                        // their sum
};

// What RocksDB may keep of table files in memory.
inline constexpr uint64_t kBlockCacheBytes = 8 << 20;   // indexes and filters; episodes are never cached here
inline constexpr uint64_t kOpenTablesBytes = 8 << 20;   // 64 open files with their properties

// Opens or makes the database and checks whose it is. Errors: ExperienceStore::Open.
absl::StatusOr<std::unique_ptr<rocksdb::DB>> OpenDatabase(const ExperienceStoreOptions& options);

// Reads everything once. DATA_LOSS names the key or the episode that is damaged.
absl::StatusOr<StoreContents> ReadContents(const ExperienceStoreOptions& options, rocksdb::DB* db);

// The stored state of `table`; of items of evicted episodes nothing. DATA_LOSS if a record is damaged.
absl::StatusOr<TableState> ReadTableState(const ExperienceStoreOptions& options, rocksdb::DB* db,
                                          const EpisodeIndex& stored, const std::string& table);

std::string ItemsKey(uint64_t number, absl::string_view table);
std::string HighestPriorityKey(absl::string_view table);
std::string EncodeDouble(double value);

}  // namespace evenkeel

#endif  // EVENKEEL_REPLAY_STORE_DATABASE_H_
