#include "common/durable_file.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace evenkeel {
namespace {

TEST(DurableFileTest, ReplacesTheWholeFileAndLeavesNoTemporary) {
  const std::string folder = testing::TempDir() + "/durable";
  ASSERT_TRUE(MakeFolders(folder).ok());
  ASSERT_TRUE(WriteFileDurably(folder + "/f", "a longer first text").ok());
  ASSERT_TRUE(WriteFileDurably(folder + "/f", "second").ok());
  EXPECT_EQ(*ReadFile(folder + "/f"), "second");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1);
}

TEST(DurableFileTest, AMissingFileIsNamed) {
  const absl::Status status = ReadFile("/nowhere/at/all").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(status.message().find("/nowhere/at/all"), absl::string_view::npos);
}

TEST(DurableFileTest, AFullDiskIsSaidToBeFullAndTheOldFileStays) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full on this machine";
  // A rename onto a device cannot happen: the temporary is a link to /dev/full, so the write itself fails.
  const std::string folder = testing::TempDir() + "/full";
  ASSERT_TRUE(MakeFolders(folder).ok());
  ASSERT_TRUE(WriteFileDurably(folder + "/f", "old").ok());
  const std::string temporary = folder + "/f.tmp." + std::to_string(getpid());
  std::filesystem::create_symlink("/dev/full", temporary);
  EXPECT_EQ(WriteFileDurably(folder + "/f", "new").code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(*ReadFile(folder + "/f"), "old");
  EXPECT_FALSE(std::filesystem::exists(temporary));
}

}  // namespace
}  // namespace evenkeel
