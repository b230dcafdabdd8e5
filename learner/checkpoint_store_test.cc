#include "learner/checkpoint_store.h"

#include <signal.h>
#include <sys/resource.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/crc32c.h"
#include "common/durable_file.h"
#include "gtest/gtest.h"

namespace evenkeel {
namespace {

namespace fs = std::filesystem;

CheckpointStoreOptions Options(const std::string& folder) {
  CheckpointStoreOptions options;
  options.folder = folder;
  options.run_id = "moderate/qmix-s1";
  options.experiment.set_seed(1);
  options.experiment.mutable_algorithm()->set_name("qmix");
  options.experiment.mutable_training()->set_episodes(72);
  options.shape.set_servers(7);
  options.shape.set_hidden(128);
  options.keep_last = 2;
  return options;
}

Checkpoint After(uint64_t episodes, uint64_t extra_updates = 0) {
  Checkpoint checkpoint;
  checkpoint.episodes = episodes;
  checkpoint.extra_updates = extra_updates;
  checkpoint.updates = 25 * episodes + extra_updates;
  checkpoint.trainer_state = absl::StrCat("state after ", checkpoint.updates);
  checkpoint.policy.set_algorithm("qmix");
  checkpoint.policy.set_version(checkpoint.updates);
  return checkpoint;
}

bool Mentions(const absl::Status& status, const std::string& text) {
  return status.message().find(text) != std::string::npos;
}

void WriteWhole(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

class CheckpointStoreTest : public testing::Test {
 protected:
  CheckpointStoreTest()
      : folder_(absl::StrCat(testing::TempDir(), "/",
                             testing::UnitTest::GetInstance()->current_test_info()->name(), "/checkpoints")) {
    fs::remove_all(folder_);
  }

  void Write(const Checkpoint& checkpoint) {
    const absl::StatusOr<std::string> path = CheckpointStore(Options(folder_)).Write(checkpoint);
    ASSERT_TRUE(path.ok()) << path.status();
  }

  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_))
      names.push_back(entry.path().filename().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  CheckpointScan Scan() const {
    const absl::StatusOr<CheckpointScan> scan = CheckpointStore(Options(folder_)).LatestValid();
    EXPECT_TRUE(scan.ok()) << scan.status();
    return scan.value_or(CheckpointScan());
  }

  const std::string folder_;
};

TEST_F(CheckpointStoreTest, WithoutAnyCheckpointNoneIsFound) {
  EXPECT_FALSE(Scan().newest.has_value());
  EXPECT_TRUE(Scan().skipped.empty());
  EXPECT_FALSE(CheckpointStore(Options(folder_)).HasAny());
}

TEST_F(CheckpointStoreTest, TellsWhetherThereIsAny) {
  Write(After(4));
  EXPECT_TRUE(CheckpointStore(Options(folder_)).HasAny());
}

TEST_F(CheckpointStoreTest, GivesBackTheNewestWhole) {
  Write(After(4));
  Write(After(8));
  const CheckpointScan scan = Scan();
  ASSERT_TRUE(scan.newest.has_value());
  EXPECT_EQ(scan.path, absl::StrCat(folder_, "/ep-000008"));
  EXPECT_EQ(scan.newest->updates, 200u);
  EXPECT_EQ(scan.newest->episodes, 8u);
  EXPECT_EQ(scan.newest->trainer_state, "state after 200");
  EXPECT_EQ(scan.newest->policy.version(), 200u);
}

TEST_F(CheckpointStoreTest, OneWrittenInTheMiddleOfARoundIsNewerThanTheRoundBeforeAndOlderThanTheNext) {
  Write(After(4));
  Write(After(4, 3));
  EXPECT_EQ(Scan().newest->updates, 103u);
  EXPECT_EQ(Scan().newest->extra_updates, 3u);
  Write(After(8));
  EXPECT_EQ(Scan().newest->updates, 200u);
}

absl::Status MakeSnapshot(const std::string& folder) {
  fs::create_directory(folder);
  WriteWhole(folder + "/CURRENT", "MANIFEST-000005");
  return absl::OkStatus();
}

TEST_F(CheckpointStoreTest, ASnapshotOfReplayIsPartOfTheFolderAndGoesWithIt) {
  for (uint64_t episodes : {4, 8, 12}) {
    ASSERT_TRUE(CheckpointStore(Options(folder_)).Write(After(episodes), MakeSnapshot).ok());
  }
  EXPECT_EQ(Names(), (std::vector<std::string>{"ep-000008", "ep-000012"}));
  EXPECT_TRUE(fs::exists(folder_ + "/ep-000012/replay/CURRENT"));
  EXPECT_EQ(Scan().newest->episodes, 12u);
}

TEST_F(CheckpointStoreTest, TheSnapshotIsThereBeforeTheManifestCommitsTheFolder) {
  bool committed = true;
  ASSERT_TRUE(CheckpointStore(Options(folder_))
                  .Write(After(4),
                         [&](const std::string& folder) {
                           committed = fs::exists(fs::path(folder).parent_path() / "MANIFEST.textproto");
                           return MakeSnapshot(folder);
                         })
                  .ok());
  EXPECT_FALSE(committed);
}

TEST_F(CheckpointStoreTest, ASnapshotThatFailsLeavesACheckpointWithoutOne) {
  const auto path = CheckpointStore(Options(folder_)).Write(After(4), [](const std::string& folder) {
    MakeSnapshot(folder + ".tmp").IgnoreError();
    return absl::UnavailableError("replay is away");
  });
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_TRUE(Scan().newest.has_value());
  EXPECT_FALSE(fs::exists(*path + "/replay"));
  EXPECT_FALSE(fs::exists(*path + "/replay.tmp"));
}

TEST_F(CheckpointStoreTest, KeepsTheLastOnesAndLeavesNothingElse) {
  for (uint64_t episodes : {4, 8, 12, 16}) Write(After(episodes));
  EXPECT_EQ(Names(), (std::vector<std::string>{"ep-000012", "ep-000016"}));
}

TEST_F(CheckpointStoreTest, NeverRemovesTheOneJustWrittenForADamagedNewerOne) {
  fs::create_directories(folder_ + "/ep-000090");
  fs::create_directories(folder_ + "/ep-000094");
  Write(After(8));
  EXPECT_EQ(Scan().newest->episodes, 8u);
  EXPECT_EQ(Scan().skipped.size(), 2u);
}

TEST_F(CheckpointStoreTest, ReplacesADamagedOneOfTheSameName) {
  fs::create_directories(folder_ + "/ep-000008");
  WriteWhole(folder_ + "/ep-000008/leftover", "x");
  Write(After(8));
  EXPECT_EQ(Scan().newest->episodes, 8u);
  EXPECT_FALSE(fs::exists(folder_ + "/ep-000008/leftover"));
}

// Every file of the newest checkpoint in turn is damaged in one way; the one before it is chosen and the
// reason names the file.
class DamagedCheckpointTest : public CheckpointStoreTest, public testing::WithParamInterface<const char*> {
 protected:
  void ExpectSkipped(const std::string& how) {
    const CheckpointScan scan = Scan();
    ASSERT_TRUE(scan.newest.has_value()) << how;
    EXPECT_EQ(scan.newest->episodes, 4u) << how;
    ASSERT_EQ(scan.skipped.size(), 1u) << how;
    EXPECT_EQ(scan.skipped[0].path, absl::StrCat(folder_, "/ep-000008")) << how;
    EXPECT_EQ(scan.skipped[0].reason.code(), absl::StatusCode::kDataLoss) << how;
    EXPECT_TRUE(Mentions(scan.skipped[0].reason, GetParam())) << how << ": " << scan.skipped[0].reason;
  }
};

TEST_P(DamagedCheckpointTest, CutAnywhereIsSkippedWithItsReason) {
  Write(After(4));
  Write(After(8));
  const std::string path = absl::StrCat(folder_, "/ep-000008/", GetParam());
  const std::string whole = ReadFile(path).value();
  for (size_t size = 0; size < whole.size(); ++size) {
    WriteWhole(path, whole.substr(0, size));
    ExpectSkipped(absl::StrCat("cut to ", size));
  }
}

TEST_P(DamagedCheckpointTest, AFlippedBitAnywhereIsSkippedWithItsReason) {
  Write(After(4));
  Write(After(8));
  const std::string path = absl::StrCat(folder_, "/ep-000008/", GetParam());
  const std::string whole = ReadFile(path).value();
  for (size_t byte = 0; byte < whole.size(); ++byte) {
    std::string damaged = whole;
    damaged[byte] ^= 1 << (byte % 8);
    WriteWhole(path, damaged);
    ExpectSkipped(absl::StrCat("byte ", byte, " flipped"));
  }
}

TEST_P(DamagedCheckpointTest, AMissingFileIsSkippedWithItsReason) {
  Write(After(4));
  Write(After(8));
  fs::remove(absl::StrCat(folder_, "/ep-000008/", GetParam()));
  ExpectSkipped("missing");
}

INSTANTIATE_TEST_SUITE_P(Files, DamagedCheckpointTest,
                         testing::Values("trainer.state", "policy.pb", "MANIFEST.textproto"));

TEST_F(CheckpointStoreTest, AnUnfinishedWriteIsSkippedAndCleanedUpLater) {
  Write(After(4));
  fs::copy(folder_ + "/ep-000004", folder_ + "/ep-000008.tmp");
  EXPECT_EQ(Scan().newest->episodes, 4u);
  ASSERT_EQ(Scan().skipped.size(), 1u);
  EXPECT_TRUE(Mentions(Scan().skipped[0].reason, "its writer ended before it was complete"));
  Write(After(12));
  EXPECT_EQ(Names(), (std::vector<std::string>{"ep-000004", "ep-000012"}));
}

// Each level costs the parser a frame of the stack.
TEST_F(CheckpointStoreTest, AManifestNestedWithoutEndIsSkipped) {
  std::string text;
  for (int i = 0; i < 200000; ++i) text += "a{";
  fs::create_directories(folder_ + "/ep-000004");
  WriteWhole(folder_ + "/ep-000004/MANIFEST.textproto", text + absl::StrFormat("# crc32c %08x\n", Crc32c(text)));
  const CheckpointScan scan = Scan();
  EXPECT_FALSE(scan.newest.has_value());
  ASSERT_EQ(scan.skipped.size(), 1u);
  EXPECT_TRUE(Mentions(scan.skipped[0].reason, "is no manifest")) << scan.skipped[0].reason;
}

TEST_F(CheckpointStoreTest, OneOfAnotherRunIsSkippedWithBothNames) {
  CheckpointStoreOptions other = Options(folder_);
  other.run_id = "large/qmix-s1";
  ASSERT_TRUE(CheckpointStore(other).Write(After(8)).ok());
  const CheckpointScan scan = Scan();
  EXPECT_FALSE(scan.newest.has_value());
  ASSERT_EQ(scan.skipped.size(), 1u);
  EXPECT_TRUE(Mentions(scan.skipped[0].reason, "large/qmix-s1")) << scan.skipped[0].reason;
  EXPECT_TRUE(Mentions(scan.skipped[0].reason, "moderate/qmix-s1")) << scan.skipped[0].reason;
}

absl::Status StatusWith(CheckpointStoreOptions options) {
  return CheckpointStore(options).LatestValid().status();
}

TEST_F(CheckpointStoreTest, AnotherAlgorithmIsRefusedWithBothNames) {
  Write(After(8));
  CheckpointStoreOptions options = Options(folder_);
  options.experiment.mutable_algorithm()->set_name("vdn");
  const absl::Status status = StatusWith(options);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Mentions(status, "algorithm qmix, this run has vdn")) << status;
}

TEST_F(CheckpointStoreTest, AnotherShapeIsRefusedWithBothShapes) {
  Write(After(8));
  CheckpointStoreOptions options = Options(folder_);
  options.shape.set_servers(24);
  const absl::Status status = StatusWith(options);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(Mentions(status, "servers: 7")) << status;
  EXPECT_TRUE(Mentions(status, "servers: 24")) << status;
}

TEST_F(CheckpointStoreTest, AnotherSeedIsRefusedAndMoreEpisodesAreNot) {
  Write(After(8));
  CheckpointStoreOptions options = Options(folder_);
  options.experiment.mutable_training()->set_episodes(144);
  EXPECT_TRUE(StatusWith(options).ok()) << StatusWith(options);
  options.experiment.set_seed(2);
  EXPECT_EQ(StatusWith(options).code(), absl::StatusCode::kFailedPrecondition);
}

// No file of this process may grow beyond `bytes` while it lives: a write fails half-way, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit limit = before_;
    limit.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_;
};

TEST_F(CheckpointStoreTest, AWriteThatFailsHalfWayLeavesTheEarlierOnesAndNoHalf) {
  Write(After(4));
  Checkpoint large = After(8);
  large.trainer_state = std::string(1 << 20, 'x');
  absl::Status status;
  {
    const FileSizeLimit limit(1 << 16);
    status = CheckpointStore(Options(folder_)).Write(large).status();
  }
  EXPECT_TRUE(Mentions(status, "trainer.state")) << status;
  EXPECT_EQ(Names(), std::vector<std::string>{"ep-000004"});
  EXPECT_EQ(Scan().newest->episodes, 4u);
}

}  // namespace
}  // namespace evenkeel
