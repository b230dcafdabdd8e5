#include "replay/log_file_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "common/durable_file.h"

namespace evenkeel {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;

// A log that RocksDB wrote: records of 23 bytes, then one of 40,000, which does not fit into a block.
class LogFileCheckTest : public testing::Test {
 protected:
  void SetUp() override {
    const std::string folder =
        testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder);
    rocksdb::Options options;
    options.create_if_missing = true;
    rocksdb::DB* made = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, folder, &made).ok());
    const std::unique_ptr<rocksdb::DB> db(made);
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "key", "value").ok());
    ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "key", std::string(40000, 'x')).ok());
    for (const auto& entry : fs::directory_iterator(folder)) {
      if (entry.path().extension() == ".log") log_ = *ReadFile(entry.path().string());
    }
    ASSERT_GT(log_.size(), 40000u);
    path_ = folder + "/copy";
  }

  absl::Status Check(const std::string& bytes) {
    std::ofstream(path_, std::ios::binary) << bytes;
    return CheckLogFile(path_);
  }

  std::string Changed(size_t place, int by) const {
    std::string bytes = log_;
    bytes[place] = static_cast<char>(bytes[place] ^ by);
    return bytes;
  }

  std::string log_, path_;
};

// Where the second record begins; the last one begins with the second block.
constexpr size_t kSecond = 7 + 23, kLast = 32 << 10;

TEST_F(LogFileCheckTest, WhatACrashCutsShortAnywhereIsNoDamage) {
  EXPECT_TRUE(Check(log_).ok());
  for (size_t size = 0; size < log_.size(); size += 13) EXPECT_TRUE(Check(log_.substr(0, size)).ok()) << size;
  EXPECT_TRUE(Check(log_ + std::string(100, '\0')).ok());  // reserved
}

TEST_F(LogFileCheckTest, ALengthThatReachesBeyondTheEndIsNamed) {
  const absl::Status last = Check(Changed(kLast + 5, 0x5a));
  EXPECT_EQ(last.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(last.message()), HasSubstr("byte 32768 of " + path_ + " has a damaged length"));
  const std::string small = log_.substr(0, 10 * kSecond);  // the records of 23 bytes
  std::string damaged = small;
  damaged[kSecond + 5] ^= 1;
  EXPECT_THAT(std::string(Check(damaged).message()), HasSubstr("byte 30 of " + path_ + " has a damaged length"));
}

TEST_F(LogFileCheckTest, ALengthThatReachesBeyondTheBlockIsNamed) {
  EXPECT_THAT(std::string(Check(Changed(kSecond + 5, 0xff)).message()),
              HasSubstr("byte 30 of " + path_ + " is longer than its block"));
}

TEST_F(LogFileCheckTest, ATypeOfARecycledLogIsNamed) {
  EXPECT_THAT(std::string(Check(Changed(kSecond + 6, 4)).message()),
              HasSubstr("byte 30 of " + path_ + " is of the unknown type 5"));
}

TEST_F(LogFileCheckTest, AFileThatIsNotThereIsSaid) {
  EXPECT_EQ(CheckLogFile("/nonexistent").code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace evenkeel
