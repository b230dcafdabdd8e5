// Whole files, read and written so that a reader never sees half of one.
#ifndef EVENKEEL_COMMON_DURABLE_FILE_H_
#define EVENKEEL_COMMON_DURABLE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace evenkeel {

// The bytes of `path`. NOT_FOUND or another error names the path and the cause.
absl::StatusOr<std::string> ReadFile(const std::string& path);

// Replaces `path` by `bytes`: writes PATH.tmp.PID, fsyncs it, renames it, fsyncs the folder. After a crash at any moment
// `path` holds the old bytes or the new ones. RESOURCE_EXHAUSTED if the disk is full; the temporary file is
// removed. `mode` is that of the new file, less the umask; it holds from the first byte on.
absl::Status WriteFileDurably(const std::string& path, absl::string_view bytes, int mode = 0644);

// Creates `path` and its parents; OK if they exist.
absl::Status MakeFolders(const std::string& path);

// fsyncs the folder `path`, so that renames in it survive a power cut.
absl::Status SyncFolder(const std::string& path);

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_DURABLE_FILE_H_
