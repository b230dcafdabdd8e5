#include "experiments/run_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/durable_file.h"
#include "common/status_macros.h"
#include "experiments/config.h"

namespace evenkeel {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr char kIdentityFile[] = "run.json";
constexpr char kStateFile[] = "status.json";
constexpr char kLockFile[] = "lock";

absl::StatusOr<json> ReadJson(const std::string& path) {
  EK_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  json value = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_object()) return value;
  return absl::DataLossError(absl::StrCat(path, " is damaged: it holds no JSON object"));
}

// Paths of all run folders at most two levels below `root`, relative to it.
std::vector<std::string> RunsBelow(const std::string& root) {
  std::vector<std::string> runs;
  std::error_code error;
  fs::recursive_directory_iterator entry(root, error), end;
  for (; !error && entry != end; entry.increment(error)) {
    if (!entry->is_directory(error)) continue;
    if (IsRunFolder(entry->path().string()))
      runs.push_back(fs::relative(entry->path(), root, error).string());
    if (entry.depth() >= 2 || IsRunFolder(entry->path().string())) entry.disable_recursion_pending();
  }
  std::sort(runs.begin(), runs.end());
  return runs;
}

absl::Status Exists(const std::string& folder) {
  if (!IsRunFolder(folder)) {
    return absl::AlreadyExistsError(
        absl::StrCat(folder, " exists and is no run folder; give another one with --out=DIR"));
  }
  return absl::AlreadyExistsError(
      absl::StrCat(folder, " exists (", ReadState(folder),
                   "); continue it with --resume=auto, or start a new run with --out=DIR"));
}

}  // namespace

std::string DefaultRunFolder(const v1::Experiment& experiment) {
  return absl::StrCat("runs/", experiment.name(), "/", experiment.algorithm().name(), "-s",
                      experiment.seed());
}

bool IsRunFolder(const std::string& folder) {
  std::error_code error;
  return fs::is_regular_file(fs::path(folder) / kIdentityFile, error);
}

absl::StatusOr<std::string> FindRunFolder(const std::string& argument, const std::string& runs_root) {
  std::error_code error;
  const fs::path absolute = fs::absolute(argument, error).lexically_normal();
  if (fs::exists(absolute, error)) {
    for (fs::path at = absolute; !at.empty(); at = at.parent_path()) {
      if (IsRunFolder(at.string()))
        return at == absolute ? fs::path(argument).lexically_normal().string() : at.string();
      if (at == at.root_path()) break;
    }
  }
  const std::vector<std::string> runs = RunsBelow(runs_root);
  std::vector<std::string> matching;
  for (const std::string& run : runs) {
    if (run == argument) return absl::StrCat(runs_root, "/", run);
    if (absl::StartsWith(run, argument)) matching.push_back(run);
  }
  if (matching.size() == 1) return absl::StrCat(runs_root, "/", matching[0]);
  if (!matching.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", argument, "\" names several runs: ", absl::StrJoin(matching, ", ")));
  }
  return absl::NotFoundError(
      absl::StrCat("no run \"", argument, "\": ", absolute.string(), " is not in a run folder, and ",
                   runs.empty() ? "there are no runs" : "the runs are: ", absl::StrJoin(runs, ", "),
                   " below ", runs_root, "/"));
}

absl::StatusOr<std::string> ReadRunId(const std::string& folder) {
  EK_ASSIGN_OR_RETURN(const json identity, ReadJson(absl::StrCat(folder, "/", kIdentityFile)));
  if (identity.contains("id") && identity["id"].is_string()) return identity["id"].get<std::string>();
  return absl::DataLossError(absl::StrCat(folder, "/", kIdentityFile, " has no id"));
}

std::string ReadState(const std::string& folder) {
  const absl::StatusOr<json> state = ReadJson(absl::StrCat(folder, "/", kStateFile));
  if (!state.ok() || !state->contains("state") || !(*state)["state"].is_string()) return "unknown";
  return (*state)["state"].get<std::string>();
}

absl::StatusOr<std::unique_ptr<RunFolder>> RunFolder::Lock(const std::string& folder) {
  const std::string path = absl::StrCat(folder, "/", kLockFile);
  const int lock = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock < 0) return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", path));
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    ::close(lock);
    return absl::AlreadyExistsError(
        absl::StrCat(folder, " is in use by a run that still goes on; stop it first"));
  }
  return std::unique_ptr<RunFolder>(new RunFolder(folder, lock));
}

RunFolder::~RunFolder() { ::close(lock_); }

absl::StatusOr<std::unique_ptr<RunFolder>> RunFolder::Create(const std::string& folder,
                                                             const ConfigLayer& config,
                                                             const RunIdentity& identity) {
  std::error_code error;
  if (fs::exists(folder, error) && !fs::is_empty(folder, error)) return Exists(folder);
  EK_RETURN_IF_ERROR(MakeFolders(folder));
  EK_ASSIGN_OR_RETURN(std::unique_ptr<RunFolder> run, Lock(folder));
  EK_RETURN_IF_ERROR(run->WriteConfig(config));
  const v1::Experiment& experiment = config.values;
  const json content = {{"id", identity.id},           {"command", identity.command},
                        {"version", identity.version}, {"host", identity.host},
                        {"created", identity.created}, {"experiment", experiment.name()},
                        {"seed", experiment.seed()},   {"algorithm", experiment.algorithm().name()}};
  EK_RETURN_IF_ERROR(WriteFileDurably(run->File(kIdentityFile), content.dump(2) + "\n"));
  return run;
}

absl::StatusOr<std::unique_ptr<RunFolder>> RunFolder::Open(const std::string& folder) {
  if (!IsRunFolder(folder))
    return absl::NotFoundError(absl::StrCat(folder, " is no run folder: it has no ", kIdentityFile));
  return Lock(folder);
}

absl::Status RunFolder::WriteConfig(const ConfigLayer& config) {
  EK_RETURN_IF_ERROR(WriteFileDurably(File("config.origin.tsv"), ToOriginTable(config)));
  return WriteFileDurably(File("config.textproto"), ToConfigText(config.values));
}

absl::StatusOr<std::string> RunFolder::BeginAttempt() {
  std::error_code error;
  fs::remove_all(File("endpoints"), error);
  EK_RETURN_IF_ERROR(MakeFolders(File("endpoints")));
  int number = 1;
  while (fs::exists(File(absl::StrFormat("attempts/%02d", number)), error)) ++number;
  const std::string attempt = File(absl::StrFormat("attempts/%02d", number));
  EK_RETURN_IF_ERROR(MakeFolders(attempt));
  return attempt;
}

absl::Status RunFolder::WriteState(const std::string& state, const std::string& detail) {
  const json content = {{"state", state}, {"detail", detail}, {"pid", ::getpid()}};
  return WriteFileDurably(File(kStateFile), content.dump(2) + "\n");
}

}  // namespace evenkeel
