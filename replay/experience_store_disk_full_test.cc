// What the store does when the disk is full: with a file system that counts, and with a real one where that
// is allowed.
#include <errno.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rocksdb/env.h>
#include <rocksdb/file_system.h>
#include <string.h>
#include <sys/mount.h>

#include <atomic>
#include <filesystem>

#include "replay/experience_store.h"
#include "replay/test_episode.h"

namespace evenkeel {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

// A disk with room for `left` more bytes. As on a real one, a write that does not fit leaves its first part
// behind.
struct Disk {
  std::atomic<int64_t> left{int64_t{1} << 40};
};

class FullFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FullFile(std::unique_ptr<rocksdb::FSWritableFile> file, Disk* disk)
      : FSWritableFileOwnerWrapper(std::move(file)), disk_(disk) {}

  using FSWritableFileOwnerWrapper::Append;
  rocksdb::IOStatus Append(const rocksdb::Slice& data, const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    const int64_t size = static_cast<int64_t>(data.size());
    const int64_t before = disk_->left.fetch_sub(size);
    if (before >= size) return FSWritableFileOwnerWrapper::Append(data, options, debug);
    disk_->left = 0;
    const size_t part = before > 0 ? static_cast<size_t>(before) : 0;
    const rocksdb::IOStatus written =
        FSWritableFileOwnerWrapper::Append(rocksdb::Slice(data.data(), part), options, debug);
    if (!written.ok()) return written;
    rocksdb::IOStatus full = rocksdb::IOStatus::NoSpace("While appending to file", ::strerror(ENOSPC));
    full.SetRetryable(true);  // as RocksDB's own file system says of ENOSPC
    return full;
  }

 private:
  Disk* disk_;
};

class FullFileSystem : public rocksdb::FileSystemWrapper {
 public:
  explicit FullFileSystem(Disk* disk) : FileSystemWrapper(rocksdb::FileSystem::Default()), disk_(disk) {}
  const char* Name() const override { return "FullFileSystem"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    const rocksdb::IOStatus status = FileSystemWrapper::NewWritableFile(name, options, &file, debug);
    if (status.ok()) *result = std::make_unique<FullFile>(std::move(file), disk_);
    return status;
  }

  rocksdb::IOStatus GetFreeSpace(const std::string&, const rocksdb::IOOptions&, uint64_t* free,
                                 rocksdb::IODebugContext*) override {
    *free = static_cast<uint64_t>(disk_->left);
    return rocksdb::IOStatus::OK();
  }

 private:
  Disk* disk_;
};

class DiskFullTest : public testing::Test {
 protected:
  DiskFullTest() : env_(rocksdb::NewCompositeEnv(std::make_shared<FullFileSystem>(&disk_))) {
    options_.path = testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name();
    options_.run_id = "run-a";
    options_.env = env_.get();
    fs::remove_all(options_.path);
  }

  std::unique_ptr<ExperienceStore> MustOpen() {
    auto store = ExperienceStore::Open(options_);
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }

  static absl::Status Append(ExperienceStore* store, uint64_t number) {
    return store->Append(MakeTestEpisode(number, kLargeEpisode)).status();
  }

  static void ExpectWhole(const ExperienceStore& store, uint64_t episodes) {
    EXPECT_EQ(store.contents().next(), episodes);
    for (uint64_t number = store.contents().oldest(); number < episodes; ++number) {
      const auto episode = store.Read(number);
      ASSERT_TRUE(episode.ok()) << episode.status();
      EXPECT_EQ(episode->SerializeAsString(), MakeTestEpisode(number, kLargeEpisode).SerializeAsString());
    }
  }

  static void ExpectDiskFull(const absl::Status& status, const std::string& path) {
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
    EXPECT_THAT(std::string(status.message()), HasSubstr("the disk is full"));
  }

  Disk disk_;
  std::unique_ptr<rocksdb::Env> env_;
  ExperienceStoreOptions options_;
};

TEST_F(DiskFullTest, AnAppendThatDoesNotFitStoresNothingAndSaysWhy) {
  const auto store = MustOpen();
  ASSERT_TRUE(Append(store.get(), 0).ok());
  disk_.left = 100'000;  // less than half of an episode
  ExpectDiskFull(Append(store.get(), 1), options_.path);
  ExpectDiskFull(Append(store.get(), 1), options_.path);
  ExpectWhole(*store, 1);
}

TEST_F(DiskFullTest, OnceThereIsSpaceAppendsGoOn) {
  const auto store = MustOpen();
  ASSERT_TRUE(Append(store.get(), 0).ok());
  disk_.left = 100'000;
  ExpectDiskFull(Append(store.get(), 1), options_.path);
  disk_.left = int64_t{1} << 40;
  for (uint64_t number = 1; number < 5; ++number) {
    const absl::Status status = Append(store.get(), number);
    ASSERT_TRUE(status.ok()) << status;
  }
  ExpectWhole(*store, 5);
}

TEST_F(DiskFullTest, ALittleSpaceIsNotEnoughToGoOn) {
  const auto store = MustOpen();
  ASSERT_TRUE(Append(store.get(), 0).ok());
  disk_.left = 100'000;
  ExpectDiskFull(Append(store.get(), 1), options_.path);
  disk_.left = 1 << 20;
  const absl::Status status = Append(store.get(), 1);
  ExpectDiskFull(status, options_.path);
  EXPECT_THAT(std::string(status.message()), HasSubstr("1048576 bytes are free"));
  ExpectWhole(*store, 1);
}

TEST_F(DiskFullTest, WhatWasAcknowledgedBeforeAndAfterIsThereAfterReopening) {
  {
    const auto store = MustOpen();
    ASSERT_TRUE(Append(store.get(), 0).ok());
    disk_.left = 100'000;
    ExpectDiskFull(Append(store.get(), 1), options_.path);
    disk_.left = int64_t{1} << 40;
    ASSERT_TRUE(Append(store.get(), 1).ok());
  }
  ExpectWhole(*MustOpen(), 2);
}

TEST_F(DiskFullTest, ReopeningAfterADeathOnAFullDiskFindsTheAcknowledged) {
  {
    const auto store = MustOpen();
    ASSERT_TRUE(Append(store.get(), 0).ok());
    disk_.left = 100'000;
    ExpectDiskFull(Append(store.get(), 1), options_.path);
  }
  disk_.left = int64_t{1} << 40;
  ExpectWhole(*MustOpen(), 1);
}

TEST_F(DiskFullTest, ADiskThatFillsWhileATableIsWrittenLosesNothing) {
  options_.write_buffer_bytes = 1 << 20;  // a table for every four episodes
  const auto store = MustOpen();
  disk_.left = 3 << 20;
  uint64_t stored = 0;
  absl::Status status;
  for (; stored < 100 && (status = Append(store.get(), stored)).ok(); ++stored) {
  }
  ExpectDiskFull(status, options_.path);
  ExpectWhole(*store, stored);
  disk_.left = int64_t{1} << 40;
  for (uint64_t more = 0; more < 10; ++more, ++stored) {
    const absl::Status again = Append(store.get(), stored);
    ASSERT_TRUE(again.ok()) << again;
  }
  ExpectWhole(*store, stored);
}

TEST_F(DiskFullTest, OpeningOnAFullDiskSaysSo) {
  disk_.left = 0;
  ExpectDiskFull(ExperienceStore::Open(options_).status(), options_.path);
}

TEST_F(DiskFullTest, ARealFileSystemThatFillsBehavesTheSame) {
  fs::create_directories(options_.path);
  if (::mount("tmpfs", options_.path.c_str(), "tmpfs", 0, "size=16m") != 0) {
    GTEST_SKIP() << "cannot mount a tmpfs here: " << ::strerror(errno)
                 << " (needs root outside of the sandbox)";
  }
  const std::string mount = options_.path;
  options_.path = mount + "/replay";
  options_.env = nullptr;
  options_.write_buffer_bytes = 1 << 20;
  {
    const auto store = MustOpen();
    uint64_t stored = 0;
    absl::Status status;
    for (; stored < 100 && (status = Append(store.get(), stored)).ok(); ++stored) {
    }
    ExpectDiskFull(status, options_.path);
    EXPECT_GT(stored, 10u);
    ExpectWhole(*store, stored);
    ASSERT_EQ(::mount("tmpfs", mount.c_str(), "tmpfs", MS_REMOUNT, "size=64m"), 0);
    ASSERT_TRUE((status = Append(store.get(), stored)).ok()) << status;
    ExpectWhole(*store, stored + 1);
  }
  EXPECT_EQ(::umount(mount.c_str()), 0);
}

}  // namespace
}  // namespace evenkeel
