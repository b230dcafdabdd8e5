// A file that grows by whole pieces.
#ifndef EVENKEEL_COMMON_APPEND_FILE_H_
#define EVENKEEL_COMMON_APPEND_FILE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace evenkeel {

// Not thread-safe. What was appended outlives this process, however it ends, but not the machine: nothing is fsynced.
// All errors name the file and the cause; RESOURCE_EXHAUSTED: the disk is full.
class AppendFile {
 public:
  // Opens `path`, creating it if there is none.
  static absl::StatusOr<std::unique_ptr<AppendFile>> Open(const std::string& path);

  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;
  ~AppendFile();

  // Every reader sees `piece` when this returns; after an error no part of it is left.
  absl::Status Append(absl::string_view piece);

  // Cuts the file off after `size` bytes.
  absl::Status Truncate(uint64_t size);

 private:
  AppendFile(std::string path, int file) : path_(std::move(path)), file_(file) {}

  const std::string path_;
  const int file_;  // descriptor, open for appending
};

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_APPEND_FILE_H_
