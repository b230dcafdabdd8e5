#include "common/append_file.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

#include <memory>
#include <string>

#include "common/durable_file.h"

namespace evenkeel {
namespace {

std::string FreshPath() {
  const std::string path =
      ::testing::TempDir() + "/" + ::testing::UnitTest::GetInstance()->current_test_info()->name();
  ::remove(path.c_str());
  return path;
}

TEST(AppendFileTest, GoesOnBehindWhatIsThere) {
  const std::string path = FreshPath();
  ASSERT_TRUE(AppendFile::Open(path).value()->Append("one ").ok());
  const std::unique_ptr<AppendFile> file = AppendFile::Open(path).value();
  ASSERT_TRUE(file->Append("two ").ok());
  EXPECT_EQ(*ReadFile(path), "one two ");
  ASSERT_TRUE(file->Truncate(4).ok());
  ASSERT_TRUE(file->Append("three").ok());
  EXPECT_EQ(*ReadFile(path), "one three");
}

// A limit on the file's size stands for the full disk: both make write() come back short, then fail.
TEST(AppendFileTest, AFullDiskIsSaidAndLeavesNoPartOfThePiece) {
  const std::string path = FreshPath();
  const std::unique_ptr<AppendFile> file = AppendFile::Open(path).value();
  ASSERT_TRUE(file->Append("whole").ok());
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit full = {8, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  const absl::Status status = file->Append("too much");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_NE(std::string(status.message()).find(path), std::string::npos);
  EXPECT_EQ(*ReadFile(path), "whole");
}

TEST(AppendFileTest, AFolderThatIsNotThereIsNamed) {
  EXPECT_NE(std::string(AppendFile::Open("/nonexistent/file").status().message()).find("cannot open /nonexistent/file"),
            std::string::npos);
}

}  // namespace
}  // namespace evenkeel
