#include "replay/experience_store_info_log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/append_file.h"

namespace evenkeel {
namespace {

constexpr int kMostBytes = 4096;  // of a line

class InfoLog : public rocksdb::Logger {
 public:
  // `file` null: nothing is written.
  explicit InfoLog(std::unique_ptr<AppendFile> file) : file_(std::move(file)) {}

  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    char text[kMostBytes];
    ::vsnprintf(text, sizeof(text), format, arguments);
    const std::string time = absl::FormatTime("%Y/%m/%d-%H:%M:%E6S", absl::Now(), absl::LocalTimeZone());
    const std::string line = absl::StrCat(time, " ", ::gettid(), " ", text, "\n");
    absl::MutexLock lock(&mutex_);
    if (file_ != nullptr) file_->Append(line).IgnoreError();
  }

 private:
  absl::Mutex mutex_;
  const std::unique_ptr<AppendFile> file_ ABSL_PT_GUARDED_BY(mutex_);
};

}  // namespace

std::shared_ptr<rocksdb::Logger> MakeInfoLog(const std::string& folder) {
  const std::string path = folder + "/LOG";
  ::rename(path.c_str(), (path + ".old.1").c_str());
  absl::StatusOr<std::unique_ptr<AppendFile>> file = AppendFile::Open(path);
  return std::make_shared<InfoLog>(file.ok() ? *std::move(file) : nullptr);
}

}  // namespace evenkeel
