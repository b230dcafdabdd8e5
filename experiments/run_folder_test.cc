#include "experiments/run_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "common/durable_file.h"
#include "experiments/config.h"

namespace evenkeel {
namespace {

using testing::HasSubstr;

class RunFolderTest : public testing::Test {
 protected:
  RunFolderTest()
      : root_(testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(root_);
    config_.values.set_name("x");
    config_.values.set_seed(3);
    config_.values.mutable_algorithm()->set_name("sed");
    identity_.id = "id-1";
  }

  absl::StatusOr<std::unique_ptr<RunFolder>> Create(const std::string& name) {
    return RunFolder::Create(root_ + "/" + name, config_, identity_);
  }

  const std::string root_;
  ConfigLayer config_;
  RunIdentity identity_;
};

TEST_F(RunFolderTest, TheDefaultFolderIsStable) {
  EXPECT_EQ(DefaultRunFolder(config_.values), "runs/x/sed-s3");
}

TEST_F(RunFolderTest, ANewFolderHoldsWhatItsProcessesNeed) {
  const auto run = Create("a");
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(ReadRunId((*run)->path()).value_or(""), "id-1");
  EXPECT_EQ(ReadResolvedExperiment((*run)->File("config.textproto"))->seed(), 3u);
  EXPECT_THAT(ReadFile((*run)->File("config.origin.tsv")).value(), HasSubstr("seed\t3\t"));
}

TEST_F(RunFolderTest, AnExistingRunIsNotOverwrittenAndTheMessageSaysWhatToDo) {
  { ASSERT_TRUE((*Create("a"))->WriteState("stopped", "").ok()); }
  const auto again = Create("a");
  EXPECT_TRUE(absl::IsAlreadyExists(again.status()));
  EXPECT_THAT(std::string(again.status().message()), HasSubstr("exists (stopped)"));
  EXPECT_THAT(std::string(again.status().message()), HasSubstr("--resume=auto"));
}

TEST_F(RunFolderTest, AFolderWithOtherFilesIsNotTaken) {
  ASSERT_TRUE(MakeFolders(root_ + "/a").ok());
  ASSERT_TRUE(WriteFileDurably(root_ + "/a/precious", "1").ok());
  EXPECT_TRUE(absl::IsAlreadyExists(Create("a").status()));
}

TEST_F(RunFolderTest, TwoProcessesCannotShareAFolder) {
  const auto first = Create("a");
  ASSERT_TRUE(first.ok());
  const auto second = RunFolder::Open(root_ + "/a");
  EXPECT_TRUE(absl::IsAlreadyExists(second.status()));
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("in use"));
}

TEST_F(RunFolderTest, AFolderCanBeOpenedOnceItsOwnerIsGone) {
  { ASSERT_TRUE(Create("a").ok()); }
  EXPECT_TRUE(RunFolder::Open(root_ + "/a").ok());
}

TEST_F(RunFolderTest, AttemptsAreCountedAndOldEndpointsForgotten) {
  const auto run = Create("a");
  ASSERT_TRUE(run.ok());
  EXPECT_EQ((*run)->BeginAttempt().value(), root_ + "/a/attempts/01");
  ASSERT_TRUE(WriteFileDurably((*run)->File("endpoints/replay"), "127.0.0.1:1").ok());
  EXPECT_EQ((*run)->BeginAttempt().value(), root_ + "/a/attempts/02");
  EXPECT_FALSE(ReadFile((*run)->File("endpoints/replay")).ok());
}

TEST_F(RunFolderTest, APathInsideNamesTheRun) {
  ASSERT_TRUE((*Create("x/sed-s3"))->BeginAttempt().ok());
  EXPECT_EQ(FindRunFolder(root_ + "/x/sed-s3", root_).value(), root_ + "/x/sed-s3");
  EXPECT_EQ(FindRunFolder(root_ + "/x/sed-s3/attempts/01", root_).value(), root_ + "/x/sed-s3");
}

TEST_F(RunFolderTest, AUniquePrefixNamesTheRun) {
  ASSERT_TRUE(Create("x/sed-s3").ok());
  ASSERT_TRUE(Create("x/sed-s31").ok());
  ASSERT_TRUE(Create("y/lsq-s1").ok());
  EXPECT_EQ(FindRunFolder("y", root_).value(), root_ + "/y/lsq-s1");
  EXPECT_EQ(FindRunFolder("x/sed-s3", root_).value(), root_ + "/x/sed-s3");
  EXPECT_TRUE(absl::IsInvalidArgument(FindRunFolder("x", root_).status()));
  const auto missing = FindRunFolder("z", root_);
  EXPECT_TRUE(absl::IsNotFound(missing.status()));
  EXPECT_THAT(std::string(missing.status().message()), HasSubstr("x/sed-s3, x/sed-s31, y/lsq-s1"));
}

TEST_F(RunFolderTest, ADamagedIdentityIsAnError) {
  ASSERT_TRUE(MakeFolders(root_ + "/a").ok());
  ASSERT_TRUE(WriteFileDurably(root_ + "/a/run.json", "{\"id\":").ok());
  EXPECT_TRUE(absl::IsDataLoss(ReadRunId(root_ + "/a").status()));
}

}  // namespace
}  // namespace evenkeel
