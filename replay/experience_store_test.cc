#include "replay/experience_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <vector>

#include "replay/episode_record.h"
#include "replay/test_episode.h"

namespace evenkeel {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

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

  // Calls `damage(path of a copied file)` for each file of the store in turn, on a fresh copy each time.
  template <typename Damage>
  void ForEachFile(const std::string& suffix, Damage damage) {
    MakeStore();
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

  static void FlipByte(const std::string& path, uint64_t offset) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(offset);
    const char byte = static_cast<char>(file.get() ^ 0x5a);
    file.seekp(offset);
    file.put(byte);
  }
};

TEST_F(DamagedFileTest, AFlippedByteInATable) { ForEachFile(".sst", FlipByte); }
TEST_F(DamagedFileTest, AFlippedByteInTheLog) { ForEachFile(".log", FlipByte); }
TEST_F(DamagedFileTest, AFlippedByteInTheManifest) { ForEachFile("MANIFEST", FlipByte); }
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
