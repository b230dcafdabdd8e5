#include "replay/experience_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/durable_file.h"
#include "common/named_thread.h"
#include "replay/episode_record.h"
#include "replay/test_episode.h"

namespace evenkeel {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::Not;

class ExperienceStoreTest : public testing::Test {
 protected:
  ExperienceStoreTest() {
    options_.path = testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name();
    options_.run_id = "run-a";
    fs::remove_all(options_.path);
  }

  std::unique_ptr<ExperienceStore> MustOpen() {
    auto store = ExperienceStore::Open(options_);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

  static void MustAppend(ExperienceStore* store, uint64_t number) {
    const auto outcome = store->Append(MakeTestEpisode(number));
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    ASSERT_FALSE(outcome->was_present);
  }

  // The error of opening, which must name the path.
  absl::Status OpenError() {
    const absl::Status status = ExperienceStore::Open(options_).status();
    EXPECT_THAT(std::string(status.message()), HasSubstr(options_.path));
    return status;
  }

  // Everything in the database, keys and values as bytes.
  std::map<std::string, std::string> RawContents() {
    rocksdb::DB* db = nullptr;
    EXPECT_TRUE(rocksdb::DB::Open(rocksdb::Options(), options_.path, &db).ok());
    const std::unique_ptr<rocksdb::DB> owner(db);
    std::map<std::string, std::string> contents;
    const std::unique_ptr<rocksdb::Iterator> entry(db->NewIterator(rocksdb::ReadOptions()));
    for (entry->SeekToFirst(); entry->Valid(); entry->Next()) {
      contents[entry->key().ToString()] = entry->value().ToString();
    }
    return contents;
  }

  void RawPut(const std::string& key, const std::string& value) {
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, options_.path, &db).ok());
    const std::unique_ptr<rocksdb::DB> owner(db);
    ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), key, value).ok());
  }

  ExperienceStoreOptions options_;
};

TEST_F(ExperienceStoreTest, WhatWasAppendedIsReadBack) {
  const auto store = MustOpen();
  MustAppend(store.get(), 0);
  const auto episode = store->Read(0);
  ASSERT_TRUE(episode.ok()) << episode.status();
  EXPECT_EQ(episode->SerializeAsString(), MakeTestEpisode(0).SerializeAsString());
  EXPECT_EQ(store->Read(1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_GT(store->disk_bytes(), 0u);
}

TEST_F(ExperienceStoreTest, ANumberAppendedTwiceIsStoredOnce) {
  const auto store = MustOpen();
  MustAppend(store.get(), 0);
  v1::Episode other = MakeTestEpisode(1);
  other.set_number(0);
  const auto again = store->Append(other);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_TRUE(again->was_present);
  EXPECT_EQ(again->contents.size(), 1u);
  EXPECT_EQ(store->Read(0)->trace_seed(), MakeTestEpisode(0).trace_seed());
}

TEST_F(ExperienceStoreTest, BeyondTheCapacityTheOldestLeaves) {
  options_.capacity_episodes = 3;
  const auto store = MustOpen();
  for (uint64_t number = 0; number < 5; ++number) MustAppend(store.get(), number);
  EXPECT_EQ(store->contents().size(), 3u);
  EXPECT_EQ(store->contents().oldest(), 2u);
  EXPECT_EQ(store->contents().evicted(), 2u);
  EXPECT_EQ(store->Read(1).status().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(store->Read(2).ok());
}

// By what RocksDB logs of itself.
TEST_F(ExperienceStoreTest, TablesOfEpisodesAreMovedAndNotWrittenAgain) {
  options_.write_buffer_bytes = 1 << 20;
  auto store = MustOpen();
  for (uint64_t number = 0; number < 60; ++number) {
    ASSERT_TRUE(store->Append(MakeTestEpisode(number, kLargeEpisode)).ok());
  }
  store.reset();
  std::ifstream file(options_.path + "/LOG");
  const std::string log((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  EXPECT_THAT(log, HasSubstr("\"event\": \"trivial_move\""));
  EXPECT_THAT(log, Not(HasSubstr("\"event\": \"compaction_started\"")));
}

TEST_F(ExperienceStoreTest, AnEvictedNumberIsNotStoredAgain) {
  options_.capacity_episodes = 1;
  const auto store = MustOpen();
  MustAppend(store.get(), 0);
  MustAppend(store.get(), 1);
  EXPECT_TRUE(store->Append(MakeTestEpisode(0))->was_present);
  EXPECT_EQ(store->contents().oldest(), 1u);
}

TEST_F(ExperienceStoreTest, NumbersMayComeOutOfOrderWithinTheCapacity) {
  options_.capacity_episodes = 4;
  const auto store = MustOpen();
  for (uint64_t number : {2, 3, 1}) MustAppend(store.get(), number);
  EXPECT_EQ(store->contents().next(), 0u);
  const absl::Status too_far = store->Append(MakeTestEpisode(4)).status();
  EXPECT_EQ(too_far.code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(too_far.message()), HasSubstr("episode 0 is still missing"));
  MustAppend(store.get(), 0);
  EXPECT_EQ(store->contents().next(), 4u);
}

TEST_F(ExperienceStoreTest, ReopeningRecoversEverything) {
  options_.capacity_episodes = 4;
  {
    const auto store = MustOpen();
    for (uint64_t number : {0, 1, 2, 3, 4, 7}) MustAppend(store.get(), number);
  }
  const auto store = MustOpen();
  EXPECT_EQ(store->contents().evicted(), 2u);
  EXPECT_EQ(store->contents().next(), 5u);
  EXPECT_EQ(store->contents().size(), 4u);
  for (uint64_t number : {2, 3, 4, 7}) {
    const auto episode = store->Read(number);
    ASSERT_TRUE(episode.ok()) << episode.status();
    EXPECT_EQ(episode->SerializeAsString(), MakeTestEpisode(number).SerializeAsString());
  }
}

TEST_F(ExperienceStoreTest, ASmallerCapacityHoldsFromTheNextAppend) {
  {
    const auto store = MustOpen();
    for (uint64_t number = 0; number < 6; ++number) MustAppend(store.get(), number);
  }
  options_.capacity_episodes = 2;
  MustAppend(MustOpen().get(), 6);
  EXPECT_EQ(MustOpen()->contents().oldest(), 5u);
  EXPECT_EQ(MustOpen()->contents().size(), 2u);
}

TEST_F(ExperienceStoreTest, SyncStoresTheSame) {
  options_.sync = true;
  MustAppend(MustOpen().get(), 0);
  EXPECT_TRUE(MustOpen()->Read(0).ok());
}

TEST_F(ExperienceStoreTest, BeyondTheCapacityInBytesTheOldestLeaves) {
  options_.capacity_bytes = 7 * EncodeEpisode(MakeTestEpisode(0)).size() / 2;  // they differ by a few bytes
  const auto store = MustOpen();
  for (uint64_t number = 0; number < 5; ++number) MustAppend(store.get(), number);
  EXPECT_EQ(store->contents().size(), 3u);
  EXPECT_EQ(store->contents().oldest(), 2u);
}

TEST_F(ExperienceStoreTest, ABoundInBytesBelowOneEpisodeKeepsTheLast) {
  options_.capacity_bytes = 1;
  const auto store = MustOpen();
  for (uint64_t number = 0; number < 3; ++number) MustAppend(store.get(), number);
  EXPECT_EQ(store->contents().size(), 1u);
  EXPECT_TRUE(store->Read(2).ok());
}

TEST_F(ExperienceStoreTest, TheCapacityInBytesHoldsOverAReopening) {
  {
    const auto store = MustOpen();
    for (uint64_t number = 0; number < 5; ++number) MustAppend(store.get(), number);
  }
  options_.capacity_bytes = 5 * EncodeEpisode(MakeTestEpisode(0)).size() / 2;
  const auto store = MustOpen();
  MustAppend(store.get(), 5);
  EXPECT_EQ(store->contents().oldest(), 4u);
}

class ConcurrentAppendTest : public ExperienceStoreTest, public testing::WithParamInterface<bool> {};

TEST_P(ConcurrentAppendTest, WritersThatShareCommitsStoreEachNumberOnce) {
  constexpr uint64_t kWriters = 8, kEach = 25;
  options_.sync = GetParam();
  options_.capacity_episodes = 60;
  {
    const auto store = MustOpen();
    std::vector<std::unique_ptr<NamedThread>> writers;
    for (uint64_t writer = 0; writer < kWriters; ++writer) {
      writers.push_back(std::make_unique<NamedThread>("writer", [&store, writer] {
        for (uint64_t i = 0; i < kEach; ++i) {
          // Two writers bring each number; one of the two stores it.
          const uint64_t number = i * kWriters / 2 + writer / 2;
          absl::Status status;
          while (absl::IsOutOfRange(status = store->Append(MakeTestEpisode(number)).status())) {
          }
          ASSERT_TRUE(status.ok()) << status;
        }
      }));
    }
    writers.clear();
    EXPECT_EQ(store->contents().next(), kWriters / 2 * kEach);
  }
  const auto store = MustOpen();
  EXPECT_EQ(store->contents().next(), kWriters / 2 * kEach);
  EXPECT_EQ(store->contents().size(), 60u);
  for (uint64_t number = store->contents().oldest(); number < store->contents().next(); ++number) {
    EXPECT_EQ(store->Read(number)->SerializeAsString(), MakeTestEpisode(number).SerializeAsString());
  }
}

INSTANTIATE_TEST_SUITE_P(Sync, ConcurrentAppendTest, testing::Bool());

TableState State(const std::string& table, uint64_t number, double priority) {
  TableState state;
  state.table = table;
  v1::ItemsRecord record;
  record.add_priority(priority);
  state.items.emplace_back(number, record);
  return state;
}

TEST_F(ExperienceStoreTest, TheStateOfItemsIsReadBackAndGoesWithItsEpisode) {
  options_.capacity_episodes = 2;
  options_.tables = {"a", "b"};
  {
    const auto store = MustOpen();
    for (uint64_t number = 0; number < 3; ++number) {
      ASSERT_TRUE(store->Append(MakeTestEpisode(number), {State("a", number, 1)}).ok());
    }
    TableState update = State("a", 2, 7.5);
    update.highest_priority = 8;
    ASSERT_TRUE(store->WriteTable(update).ok());
    ASSERT_TRUE(store->WriteTable(State("a", 0, 9)).ok()) << "evicted meanwhile: passed over";
    ASSERT_TRUE(store->WriteTable(State("b", 1, 3)).ok());
  }
  const auto store = MustOpen();
  const auto a = store->ReadTable("a");
  ASSERT_TRUE(a.ok()) << a.status();
  EXPECT_EQ(a->highest_priority, 8);
  ASSERT_EQ(a->items.size(), 2u);
  EXPECT_EQ(a->items[0].first, 1u);
  EXPECT_EQ(a->items[0].second.priority(0), 1);
  EXPECT_EQ(a->items[1].second.priority(0), 7.5);
  EXPECT_EQ(store->ReadTable("b")->items.size(), 1u);
  EXPECT_TRUE(store->ReadTable("c")->items.empty());
}

TEST_F(ExperienceStoreTest, TheFormatOfTheTablesOnDiskIsGolden) {
  options_.tables = {"per"};
  {
    const auto store = MustOpen();
    TableState state = State("per", 0, 1.5);
    state.highest_priority = 2;
    ASSERT_TRUE(store->Append(MakeTestEpisode(0), {state}).ok());
  }
  const std::map<std::string, std::string> contents = RawContents();
  EXPECT_EQ(contents.at(std::string("t\0\0\0\0\0\0\0\0per", 12)), std::string("\x0a\x08\0\0\0\0\0\0\xf8\x3f", 10));
  EXPECT_EQ(contents.at("m:priority:per"), std::string("\x40\0\0\0\0\0\0\0", 8));
}

TEST_F(ExperienceStoreTest, ASnapshotHoldsWhatWasAcknowledgedAndOpensAsAStore) {
  const std::string snapshot = options_.path + ".snapshot";
  fs::remove_all(snapshot);
  const auto store = MustOpen();
  for (uint64_t number = 0; number < 3; ++number) MustAppend(store.get(), number);
  const absl::Status written = store->Snapshot(snapshot);
  ASSERT_TRUE(written.ok()) << written;
  MustAppend(store.get(), 3);
  options_.path = snapshot;
  EXPECT_EQ(MustOpen()->contents().next(), 3u);
  EXPECT_EQ(MustOpen()->Read(2)->SerializeAsString(), MakeTestEpisode(2).SerializeAsString());
  EXPECT_EQ(store->contents().next(), 4u) << "the store goes on by itself";
}

TEST_F(ExperienceStoreTest, ASnapshotIsMadeOfHardLinks) {
  const std::string snapshot = options_.path + ".snapshot";
  fs::remove_all(snapshot);
  const auto store = MustOpen();
  MustAppend(store.get(), 0);
  ASSERT_TRUE(store->Snapshot(snapshot).ok());
  int tables = 0;
  for (const auto& entry : fs::directory_iterator(snapshot)) {
    if (entry.path().extension() != ".sst") continue;
    EXPECT_EQ(entry.hard_link_count(), 2u) << entry.path();
    ++tables;
  }
  EXPECT_GT(tables, 0);
}

TEST_F(ExperienceStoreTest, ASnapshotNeverReplacesAFolderAndNamesAMissingParent) {
  const auto store = MustOpen();
  EXPECT_EQ(store->Snapshot(options_.path).code(), absl::StatusCode::kAlreadyExists);
  const absl::Status status = store->Snapshot(options_.path + ".none/replay");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(options_.path + ".none"));
}

TEST_F(ExperienceStoreTest, TheFormatOnDiskIsGolden) {
  options_.capacity_episodes = 2;
  {
    const auto store = MustOpen();
    for (uint64_t number = 0; number < 3; ++number) MustAppend(store.get(), number);
  }
  const std::map<std::string, std::string> golden = {
      {EpisodeKey(1), EncodeEpisode(MakeTestEpisode(1))},  // their bytes: episode_record_test.cc
      {EpisodeKey(2), EncodeEpisode(MakeTestEpisode(2))},
      {"m:evicted", std::string("\0\0\0\0\0\0\0\1", 8)},
      {"m:format", "evenkeel-replay/1"},
      {"m:run", "run-a"},
  };
  EXPECT_EQ(RawContents(), golden);
}

TEST_F(ExperienceStoreTest, AStoreOfAnotherRunIsRefused) {
  MustOpen();
  options_.run_id = "run-b";
  const absl::Status status = OpenError();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("run: expected \"run-b\", found \"run-a\""));
}

TEST_F(ExperienceStoreTest, ANewerFormatIsRefused) {
  MustOpen();
  RawPut("m:format", "evenkeel-replay/2");
  const absl::Status status = OpenError();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("expected \"evenkeel-replay/1\", found \"evenkeel-replay/2\""));
}

TEST_F(ExperienceStoreTest, ADatabaseOfSomethingElseIsRefused) {
  RawPut("user:1", "somebody");
  EXPECT_EQ(OpenError().code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(ExperienceStoreTest, AFolderOfSomethingElseIsRefusedAndLeftAsItIs) {
  fs::create_directories(options_.path);
  std::ofstream(options_.path + "/thesis.tex") << "text";
  const absl::Status status = OpenError();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("thesis.tex"));
  EXPECT_EQ(std::distance(fs::directory_iterator(options_.path), fs::directory_iterator()), 1);
}

TEST_F(ExperienceStoreTest, AFileInPlaceOfTheFolderIsRefused) {
  std::ofstream(options_.path) << "text";
  EXPECT_FALSE(OpenError().ok());
  fs::remove(options_.path);
}

// RocksDB's own logger, which a full disk makes end the process, names the old log by the time.
TEST_F(ExperienceStoreTest, WhatRocksDbDoesIsLoggedByALogThatSurvivesAFullDisk) {
  MustOpen();
  MustOpen();
  EXPECT_THAT(*ReadFile(options_.path + "/LOG"), HasSubstr("Shutdown complete"));
  EXPECT_THAT(*ReadFile(options_.path + "/LOG.old.1"), HasSubstr("Shutdown complete"));
}

TEST_F(ExperienceStoreTest, AStoreThatIsOpenElsewhereIsRefused) {
  const auto store = MustOpen();
  const absl::Status status = OpenError();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("has it open"));
}

TEST_F(ExperienceStoreTest, ACapacityOfZeroIsRefused) {
  options_.capacity_episodes = 0;
  EXPECT_EQ(ExperienceStore::Open(options_).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ExperienceStoreTest, AnEpisodeWithAWrongChecksumIsNamed) {
  { MustAppend(MustOpen().get(), 0); }
  std::string value = EncodeEpisode(MakeTestEpisode(0));
  value.back() ^= 1;
  RawPut(EpisodeKey(0), value);
  const absl::Status status = OpenError();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("episode 0: expected checksum"));
}

// What a death in the middle of a write leaves: the record is not there, and it does not hurt what comes
// after.
TEST_F(ExperienceStoreTest, ARecordTornByACrashLosesOnlyItself) {
  {
    const auto store = MustOpen();
    for (uint64_t number = 0; number < 3; ++number) MustAppend(store.get(), number);
  }
  for (const auto& entry : fs::directory_iterator(options_.path)) {
    if (entry.path().extension() == ".log") fs::resize_file(entry.path(), entry.file_size() - 5);
  }
  {
    const auto store = MustOpen();
    ASSERT_EQ(store->contents().next(), 2u);
    MustAppend(store.get(), 2);
    MustAppend(store.get(), 3);
  }
  EXPECT_EQ(MustOpen()->contents().next(), 4u);
  EXPECT_TRUE(MustOpen()->Read(2).ok());
}

// Damages each file of a store in several places. Opening must never crash, and never lose an episode
// silently: it names the damage, or everything is there.
class DamagedFileTest : public ExperienceStoreTest {
 protected:
  static constexpr uint64_t kEpisodes = 8;

  // A store with tables and a log that both hold episodes.
  void MakeStore() {
    options_.write_buffer_bytes = 64 << 10;
    const auto store = MustOpen();
    const TestEpisodeShape shape = {100, 4, 4, 6};  // 55 KB
    for (uint64_t number = 0; number < kEpisodes; ++number) {
      ASSERT_TRUE(store->Append(MakeTestEpisode(number, shape)).ok());
    }
  }

  void ExpectNamedOrWhole(const std::string& what) {
    auto store = ExperienceStore::Open(options_);
    if (!store.ok()) {
      EXPECT_THAT(std::string(store.status().message()), HasSubstr(options_.path)) << what;
      return;
    }
    EXPECT_EQ((*store)->contents().size(), kEpisodes) << what;
  }

  // Puts what is in tables and log into several tables of one level, none of which overlaps another.
  void MoveToOneLevel() {
    rocksdb::Options options;
    options.compression = rocksdb::kNoCompression;
    options.target_file_size_base = 128 << 10;
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, options_.path, &db).ok());
    const std::unique_ptr<rocksdb::DB> owner(db);
    ASSERT_TRUE(db->CompactRange(rocksdb::CompactRangeOptions(), nullptr, nullptr).ok());
    std::vector<rocksdb::LiveFileMetaData> files;
    db->GetLiveFilesMetaData(&files);
    ASSERT_GT(files.size(), 2u);
    for (const rocksdb::LiveFileMetaData& file : files) ASSERT_EQ(file.level, files[0].level);
  }

  // Calls `damage(path of a copied file)` for each file of the store in turn, on a fresh copy each time.
  template <typename Damage>
  void ForEachFile(const std::string& suffix, Damage damage) {
    MakeStore();
    ForEachFileThere(suffix, damage);
  }

  template <typename Damage>
  void ForEachFileThere(const std::string& suffix, Damage damage) {
    const std::string original = options_.path;
    options_.path = original + ".damaged";
    int damaged = 0;
    for (const auto& entry : fs::directory_iterator(original)) {
      const std::string name = entry.path().filename().string();
      if (name.find(suffix) == std::string::npos || fs::file_size(entry.path()) == 0) continue;
      for (double place : {0.02, 0.3, 0.6}) {
        fs::remove_all(options_.path);
        fs::copy(original, options_.path);
        damage(options_.path + "/" + name, static_cast<uint64_t>(place * fs::file_size(entry.path())));
        ExpectNamedOrWhole(name);
        ++damaged;
      }
    }
    EXPECT_GT(damaged, 0);
  }

  static void FlipByte(const std::string& path, uint64_t offset) { FlipBits(path, offset, 0x5a); }

  static void FlipBits(const std::string& path, uint64_t offset, int bits) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(offset);
    const char byte = static_cast<char>(file.get() ^ bits);
    file.seekp(offset);
    file.put(byte);
  }
};

TEST_F(DamagedFileTest, AFlippedByteInATable) { ForEachFile(".sst", FlipByte); }

// An iterator goes through one such table after the other; through those that overlap it goes at once.
TEST_F(DamagedFileTest, AFlippedByteInATableOfALevel) {
  MakeStore();
  MoveToOneLevel();
  ForEachFileThere(".sst", FlipByte);
}

TEST_F(DamagedFileTest, AFlippedByteInTheLog) { ForEachFile(".log", FlipByte); }
TEST_F(DamagedFileTest, AFlippedByteInTheManifest) { ForEachFile("MANIFEST", FlipByte); }

// A wrong length can make the rest look like the end, a wrong type (one bit: 4) like what was there before.
TEST_F(DamagedFileTest, AnyFlippedByteOfTheManifest) {
  MakeStore();
  MoveToOneLevel();
  const std::string original = options_.path;
  options_.path = original + ".damaged";
  std::string manifest = *ReadFile(original + "/CURRENT");
  manifest.pop_back();  // its line's end
  for (uint64_t byte = 0; byte < fs::file_size(original + "/" + manifest); ++byte) {
    for (int bits : {0x5a, 4}) {
      fs::remove_all(options_.path);
      fs::copy(original, options_.path);
      FlipBits(options_.path + "/" + manifest, byte, bits);
      ExpectNamedOrWhole(absl::StrCat("byte ", byte));
    }
  }
}

TEST_F(DamagedFileTest, AFlippedByteInCurrent) { ForEachFile("CURRENT", FlipByte); }

TEST_F(DamagedFileTest, ATableCutShort) {
  ForEachFile(".sst", [](const std::string& path, uint64_t size) { fs::resize_file(path, size); });
}

TEST_F(DamagedFileTest, ATableThatIsGone) {
  ForEachFile(".sst", [](const std::string& path, uint64_t) { fs::remove(path); });
}

TEST_F(DamagedFileTest, AManifestThatIsGone) {
  ForEachFile("MANIFEST", [](const std::string& path, uint64_t) { fs::remove(path); });
}

TEST_F(DamagedFileTest, ACurrentThatIsGone) {
  ForEachFile("CURRENT", [](const std::string& path, uint64_t) { fs::remove(path); });
}

}  // namespace
}  // namespace evenkeel
