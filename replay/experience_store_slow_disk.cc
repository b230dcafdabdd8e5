#include "replay/experience_store_slow_disk.h"

#include <rocksdb/env.h>
#include <rocksdb/file_system.h>

#include <string>
#include <utility>

#include "absl/time/clock.h"

namespace evenkeel {
namespace {

class SlowFile : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  SlowFile(std::unique_ptr<rocksdb::FSWritableFile> file, absl::Duration longer)
      : FSWritableFileOwnerWrapper(std::move(file)), longer_(longer) {}

  rocksdb::IOStatus Sync(const rocksdb::IOOptions& options, rocksdb::IODebugContext* debug) override {
    absl::SleepFor(longer_);
    return FSWritableFileOwnerWrapper::Sync(options, debug);
  }

 private:
  const absl::Duration longer_;
};

class SlowDisk : public rocksdb::FileSystemWrapper {
 public:
  explicit SlowDisk(absl::Duration longer) : FileSystemWrapper(rocksdb::FileSystem::Default()), longer_(longer) {}
  const char* Name() const override { return "SlowDisk"; }

  rocksdb::IOStatus NewWritableFile(const std::string& name, const rocksdb::FileOptions& options,
                                    std::unique_ptr<rocksdb::FSWritableFile>* result,
                                    rocksdb::IODebugContext* debug) override {
    std::unique_ptr<rocksdb::FSWritableFile> file;
    const rocksdb::IOStatus status = FileSystemWrapper::NewWritableFile(name, options, &file, debug);
    if (status.ok()) *result = std::make_unique<SlowFile>(std::move(file), longer_);
    return status;
  }

 private:
  const absl::Duration longer_;
};

}  // namespace

std::shared_ptr<rocksdb::Env> MakeSlowDisk(absl::Duration longer) {
  return rocksdb::NewCompositeEnv(std::make_shared<SlowDisk>(longer));
}

}  // namespace evenkeel
