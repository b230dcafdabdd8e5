#include "common/append_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace evenkeel {
namespace {

absl::Status FileError(const std::string& what, const std::string& path, int error) {
  const std::string message = absl::StrCat("cannot ", what, " ", path, ": ", ::strerror(error));
  const bool full = error == ENOSPC || error == EDQUOT || error == EFBIG;
  return full ? absl::ResourceExhaustedError(message) : absl::UnavailableError(message);
}

}  // namespace

absl::StatusOr<std::unique_ptr<AppendFile>> AppendFile::Open(const std::string& path) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (file < 0) return FileError("open", path, errno);
  return std::unique_ptr<AppendFile>(new AppendFile(path, file));
}

AppendFile::~AppendFile() { ::close(file_); }

absl::Status AppendFile::Append(absl::string_view piece) {
  const off_t end = ::lseek(file_, 0, SEEK_END);
  while (!piece.empty()) {
    const ssize_t count = ::write(file_, piece.data(), piece.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const absl::Status error = FileError("write", path_, errno);
      if (::ftruncate(file_, end) != 0) return FileError("cut a half-written piece off", path_, errno);
      return error;
    }
    piece.remove_prefix(count);
  }
  return absl::OkStatus();
}

absl::Status AppendFile::Truncate(uint64_t size) {
  if (::ftruncate(file_, static_cast<off_t>(size)) != 0) return FileError("shorten", path_, errno);
  return absl::OkStatus();
}

}  // namespace evenkeel
