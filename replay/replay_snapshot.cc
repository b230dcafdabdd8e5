#include "replay/replay_snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/durable_file.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

namespace fs = std::filesystem;

constexpr char kUnfinished[] = ".tmp";

bool IsMissing(const std::string& store) {
  std::error_code error;
  return !fs::exists(store, error) || (fs::is_directory(store, error) && fs::is_empty(store, error));
}

// The complete checkpoints, newest first: their names sort as they do.
std::vector<std::string> Checkpoints(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (absl::StartsWith(name, "ep-") && !absl::EndsWith(name, kUnfinished)) paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end(), std::greater<>());
  return paths;
}

absl::Status Refused(const std::string& path, const std::string& cause) {
  return absl::UnavailableError(absl::StrCat("cannot restore replay: ", path, ": ", cause));
}

absl::Status SyncFile(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const int cause = errno;
  if (file >= 0) ::close(file);
  return synced ? absl::OkStatus() : absl::ErrnoToStatus(cause, absl::StrCat("cannot fsync ", path));
}

absl::Status LinkOrCopy(const fs::path& from, const fs::path& to) {
  std::error_code error;
  if (from.extension() == ".sst") {
    fs::create_hard_link(from, to, error);
    if (!error) return absl::OkStatus();
  }
  fs::copy_file(from, to, error);
  if (error) return Refused(to.string(), error.message());
  return SyncFile(to.string());
}

absl::Status Restore(const std::string& snapshot, const std::string& store) {
  const std::string unfinished = absl::StrCat(store, kUnfinished);
  std::error_code error;
  fs::remove_all(unfinished, error);
  EK_RETURN_IF_ERROR(MakeFolders(unfinished));
  for (fs::directory_iterator entry(snapshot, error), end; !error && entry != end; entry.increment(error)) {
    EK_RETURN_IF_ERROR(LinkOrCopy(entry->path(), fs::path(unfinished) / entry->path().filename()));
  }
  if (error) return Refused(snapshot, error.message());
  EK_RETURN_IF_ERROR(SyncFolder(unfinished));
  if (::rename(unfinished.c_str(), store.c_str()) != 0) {  // replaces an empty folder
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot rename ", unfinished, " to ", store));
  }
  return SyncFolder(fs::path(store).parent_path().string());
}

}  // namespace

absl::StatusOr<std::string> RestoreReplayIfMissing(const std::string& store, const std::string& checkpoints) {
  if (!IsMissing(store)) return std::string();
  const std::vector<std::string> paths = Checkpoints(checkpoints);
  if (paths.empty()) return std::string();
  for (const std::string& checkpoint : paths) {
    const std::string snapshot = absl::StrCat(checkpoint, "/", kSnapshotFolder);
    if (!fs::exists(absl::StrCat(snapshot, "/CURRENT"))) continue;
    EK_RETURN_IF_ERROR(Restore(snapshot, store));
    return snapshot;
  }
  return absl::FailedPreconditionError(
      absl::StrCat("the replay store ", store, " is missing, and no checkpoint in ", checkpoints, " has a snapshot (",
                   kSnapshotFolder, "/) of it; put it back, or start a new run"));
}

}  // namespace evenkeel
