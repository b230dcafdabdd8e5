#include "replay/replay_snapshot.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "replay/experience_store.h"
#include "replay/test_episode.h"

namespace evenkeel {
namespace {

namespace fs = std::filesystem;

class ReplaySnapshotTest : public testing::Test {
 protected:
  ReplaySnapshotTest()
      : run_(testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name()),
        store_(run_ + "/replay"),
        checkpoints_(run_ + "/checkpoints") {
    fs::remove_all(run_);
    fs::create_directories(checkpoints_);
  }

  std::unique_ptr<ExperienceStore> MustOpen(const std::string& path) {
    ExperienceStoreOptions options;
    options.path = path;
    options.run_id = "run-a";
    auto store = ExperienceStore::Open(options);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

  // A checkpoint NAME whose snapshot holds the episodes below `end`.
  void MakeCheckpoint(const std::string& name, uint64_t end) {
    fs::create_directories(checkpoints_ + "/" + name);
    const auto store = MustOpen(run_ + "/elsewhere");
    for (uint64_t number = 0; number < end; ++number) ASSERT_TRUE(store->Append(MakeTestEpisode(number)).ok());
    ASSERT_TRUE(store->Snapshot(checkpoints_ + "/" + name + "/replay").ok());
  }

  std::string MustRestore() {
    const auto from = RestoreReplayIfMissing(store_, checkpoints_);
    EXPECT_TRUE(from.ok()) << from.status();
    return from.value_or("");
  }

  const std::string run_, store_, checkpoints_;
};

TEST_F(ReplaySnapshotTest, TheNewestCompleteSnapshotBecomesTheStoreAndStaysAsItIs) {
  MakeCheckpoint("ep-000004", 2);
  MakeCheckpoint("ep-000008", 3);
  MakeCheckpoint("ep-000012.tmp", 4);
  fs::create_directories(checkpoints_ + "/ep-000016");
  for (int time = 0; time < 2; ++time) {
    fs::remove_all(store_);
    EXPECT_EQ(MustRestore(), checkpoints_ + "/ep-000008/replay");
    const auto store = MustOpen(store_);
    EXPECT_EQ(store->contents().next(), 3u);
    EXPECT_TRUE(store->Append(MakeTestEpisode(3)).ok());
  }
}

TEST_F(ReplaySnapshotTest, AStoreThatIsThereIsNeverTouched) {
  MakeCheckpoint("ep-000004", 2);
  { ASSERT_TRUE(MustOpen(store_)->Append(MakeTestEpisode(0)).ok()); }
  EXPECT_EQ(MustRestore(), "");
  EXPECT_EQ(MustOpen(store_)->contents().next(), 1u);
}

TEST_F(ReplaySnapshotTest, AnEmptyFolderIsNoStore) {
  MakeCheckpoint("ep-000004", 2);
  fs::create_directories(store_);
  EXPECT_EQ(MustRestore(), checkpoints_ + "/ep-000004/replay");
  EXPECT_EQ(MustOpen(store_)->contents().next(), 2u);
}

TEST_F(ReplaySnapshotTest, ARunWithoutAnyCheckpointBeginsEmpty) {
  EXPECT_EQ(MustRestore(), "");
  EXPECT_FALSE(fs::exists(store_));
}

TEST_F(ReplaySnapshotTest, WhatADeathInTheMiddleLeftIsBegunAnew) {
  MakeCheckpoint("ep-000004", 2);
  fs::create_directories(store_ + ".tmp");
  std::ofstream(store_ + ".tmp/000009.sst") << "torn";
  MustRestore();
  EXPECT_EQ(MustOpen(store_)->contents().next(), 2u);
}

}  // namespace
}  // namespace evenkeel
