#include "replay/experience_store_info_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <memory>
#include <string>

#include "common/durable_file.h"

namespace evenkeel {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;
using testing::Not;

std::string FreshFolder() {
  const std::string folder = testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name();
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

TEST(InfoLogTest, WritesLinesAndKeepsTheLogBefore) {
  const std::string folder = FreshFolder();
  rocksdb::Log(MakeInfoLog(folder), "table %d", 7);
  rocksdb::Log(MakeInfoLog(folder), "table %d", 8);
  EXPECT_THAT(*ReadFile(folder + "/LOG.old.1"), testing::EndsWith(" table 7\n"));
  EXPECT_THAT(*ReadFile(folder + "/LOG"), testing::EndsWith(" table 8\n"));
}

TEST(InfoLogTest, ALongLineIsCut) {
  const std::string folder = FreshFolder();
  rocksdb::Log(MakeInfoLog(folder), "%s", std::string(10000, 'x').c_str());
  const std::string log = *ReadFile(folder + "/LOG");
  EXPECT_THAT(log, HasSubstr(std::string(4000, 'x')));
  EXPECT_LT(log.size(), 5000u);
}

// A limit on the file's size stands for the full disk.
TEST(InfoLogTest, OnAFullDiskLinesAreLeftOutUntilThereIsSpace) {
  const std::string folder = FreshFolder();
  const std::shared_ptr<rocksdb::Logger> log = MakeInfoLog(folder);
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit full = {60, before.rlim_max};
  rocksdb::Log(log, "one");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  rocksdb::Log(log, "two");
  rocksdb::Log(log, "three");
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  rocksdb::Log(log, "four");
  const std::string text = *ReadFile(folder + "/LOG");
  EXPECT_THAT(text, HasSubstr(" one\n"));
  EXPECT_THAT(text, testing::EndsWith(" four\n"));
  EXPECT_THAT(text, Not(HasSubstr("t")));
}

TEST(InfoLogTest, AFolderThatIsNotThereMakesALogThatWritesNothing) {
  rocksdb::Log(MakeInfoLog("/nonexistent"), "nowhere");
  EXPECT_FALSE(fs::exists("/nonexistent"));
}

}  // namespace
}  // namespace evenkeel
