#include "learner/checkpoint_store.h"

#include <errno.h>
#include <stdio.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/crc32c.h"
#include "common/durable_file.h"
#include "common/status_macros.h"
#include "google/protobuf/text_format.h"
#include "learner/policy_file.h"
#include "learner/resume_check.h"

namespace evenkeel {
namespace {

constexpr uint32_t kSchema = 1;
constexpr char kManifest[] = "MANIFEST.textproto";
constexpr char kState[] = "trainer.state";
constexpr char kPolicy[] = "policy.pb";
constexpr char kReplay[] = "replay";
constexpr char kPrefix[] = "ep-";
constexpr char kUnfinished[] = ".tmp";
constexpr int kMostLevels = 64;  // of messages in messages of a manifest; the parser recurses, without end unless told

std::string Name(const Checkpoint& checkpoint) {
  std::string name = absl::StrFormat("%s%06d", kPrefix, checkpoint.episodes);
  if (checkpoint.extra_updates > 0) absl::StrAppendFormat(&name, "+%06d", checkpoint.extra_updates);
  return name;
}

// Newest first. Names sort as their checkpoints do while episodes stay below a million.
std::vector<std::string> Names(const std::string& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    const std::string name = entry.path().filename().string();
    if (absl::StartsWith(name, kPrefix)) names.push_back(name);
  }
  std::sort(names.begin(), names.end(), std::greater<>());
  return names;
}

absl::Status Remove(const std::string& path) {
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return absl::UnavailableError(absl::StrCat("cannot remove ", path, ": ", error.message()));
  return absl::OkStatus();
}

void AddFile(const std::string& name, const std::string& bytes, v1::CheckpointManifest* manifest) {
  v1::CheckpointFile* file = manifest->add_files();
  file->set_name(name);
  file->set_bytes(bytes.size());
  file->set_crc32c(Crc32c(bytes));
}

absl::StatusOr<std::string> ReadListedFile(const v1::CheckpointManifest& manifest, const std::string& folder,
                                           const std::string& name) {
  const std::string path = absl::StrCat(folder, "/", name);
  const auto file = std::find_if(manifest.files().begin(), manifest.files().end(),
                                 [&](const v1::CheckpointFile& listed) { return listed.name() == name; });
  if (file == manifest.files().end())
    return absl::DataLossError(absl::StrCat(folder, "/", kManifest, " does not list ", name));
  absl::StatusOr<std::string> bytes = ReadFile(path);
  if (!bytes.ok()) return absl::DataLossError(bytes.status().message());
  if (bytes->size() != file->bytes()) {
    return absl::DataLossError(
        absl::StrCat(path, ": expected ", file->bytes(), " bytes, found ", bytes->size()));
  }
  if (const uint32_t crc32c = Crc32c(*bytes); crc32c != file->crc32c()) {
    return absl::DataLossError(
        absl::StrFormat("%s: expected checksum %08x, found %08x", path, file->crc32c(), crc32c));
  }
  return bytes;
}

// Whether `folder` is a snapshot now; otherwise nothing is left of it.
absl::StatusOr<bool> WriteSnapshot(const CheckpointStore::SnapshotReplay& snapshot, const std::string& folder) {
  if (snapshot == nullptr) return false;
  if (snapshot(std::filesystem::absolute(folder).string()).ok()) return true;
  EK_RETURN_IF_ERROR(Remove(folder));
  EK_RETURN_IF_ERROR(Remove(absl::StrCat(folder, kUnfinished)));  // as RocksDB calls one that it has begun
  return false;
}

}  // namespace

std::string CheckpointStore::Path(const std::string& name) const {
  return absl::StrCat(options_.folder, "/", name);
}

absl::Status CheckpointStore::WriteFiles(const Checkpoint& checkpoint, const SnapshotReplay& snapshot,
                                         const std::string& folder) const {
  EK_RETURN_IF_ERROR(MakeFolders(folder));
  const std::string policy = EncodePolicyFile(checkpoint.policy);
  v1::CheckpointManifest manifest;
  manifest.set_schema(kSchema);
  manifest.set_run_id(options_.run_id);
  manifest.set_algorithm(options_.experiment.algorithm().name());
  *manifest.mutable_shape() = options_.shape;
  manifest.set_updates(checkpoint.updates);
  manifest.set_episodes(checkpoint.episodes);
  manifest.set_extra_updates(checkpoint.extra_updates);
  AddFile(kState, checkpoint.trainer_state, &manifest);
  AddFile(kPolicy, policy, &manifest);
  *manifest.mutable_experiment() = options_.experiment;
  EK_ASSIGN_OR_RETURN(const bool replay, WriteSnapshot(snapshot, absl::StrCat(folder, "/", kReplay)));
  manifest.set_replay(replay);
  std::string text;
  google::protobuf::TextFormat::PrintToString(manifest, &text);
  absl::StrAppend(&text, absl::StrFormat("# crc32c %08x\n", Crc32c(text)));
  EK_RETURN_IF_ERROR(WriteFileDurably(absl::StrCat(folder, "/", kState), checkpoint.trainer_state));
  EK_RETURN_IF_ERROR(WriteFileDurably(absl::StrCat(folder, "/", kPolicy), policy));
  return WriteFileDurably(absl::StrCat(folder, "/", kManifest), text);
}

absl::StatusOr<std::string> CheckpointStore::Write(const Checkpoint& checkpoint, const SnapshotReplay& snapshot) {
  const std::string name = Name(checkpoint);
  const std::string path = Path(name);
  const std::string unfinished = absl::StrCat(path, kUnfinished);
  EK_RETURN_IF_ERROR(MakeFolders(options_.folder));
  EK_RETURN_IF_ERROR(Remove(unfinished));
  absl::Status status = WriteFiles(checkpoint, snapshot, unfinished);
  // The same updates gave the same bytes, or the old folder is damaged: either way nothing is lost with it.
  if (status.ok()) status = Remove(path);
  if (status.ok() && ::rename(unfinished.c_str(), path.c_str()) != 0) {
    status = absl::ErrnoToStatus(errno, absl::StrCat("cannot rename ", unfinished, " to ", path));
  }
  if (!status.ok()) {
    Remove(unfinished).IgnoreError();
    return status;
  }
  EK_RETURN_IF_ERROR(SyncFolder(options_.folder));
  EK_RETURN_IF_ERROR(RemoveOlder(name));
  return path;
}

absl::Status CheckpointStore::RemoveOlder(const std::string& newest_name) const {
  int kept = 1;
  for (const std::string& name : Names(options_.folder)) {
    if (name >= newest_name) continue;
    if (absl::EndsWith(name, kUnfinished) || ++kept > options_.keep_last)
      EK_RETURN_IF_ERROR(Remove(Path(name)));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::CheckpointManifest> CheckpointStore::ReadManifest(const std::string& folder) const {
  const std::string path = absl::StrCat(folder, "/", kManifest);
  absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok()) return absl::DataLossError(text.status().message());
  const size_t sum = text->rfind("# crc32c ");
  if (sum == std::string::npos ||
      text->substr(sum) !=
          absl::StrFormat("# crc32c %08x\n", Crc32c(absl::string_view(*text).substr(0, sum)))) {
    return absl::DataLossError(absl::StrCat(path, ": its last line is not the checksum of the lines above"));
  }
  v1::CheckpointManifest manifest;
  google::protobuf::TextFormat::Parser parser;
  parser.SetRecursionLimit(kMostLevels);
  parser.AllowUnknownField(true);  // so that a newer schema is told as such
  if (!parser.ParseFromString(*text, &manifest))
    return absl::DataLossError(absl::StrCat(path, " is no manifest"));
  if (manifest.schema() != kSchema) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": schema ", manifest.schema(), ", this build reads ", kSchema));
  }
  if (manifest.run_id() != options_.run_id) {
    return absl::FailedPreconditionError(absl::StrCat(folder, " is of run \"", manifest.run_id(),
                                                      "\", this is run \"", options_.run_id, "\""));
  }
  return manifest;
}

absl::StatusOr<Checkpoint> CheckpointStore::ReadContents(const v1::CheckpointManifest& manifest,
                                                         const std::string& folder) const {
  Checkpoint checkpoint;
  checkpoint.updates = manifest.updates();
  checkpoint.episodes = manifest.episodes();
  checkpoint.extra_updates = manifest.extra_updates();
  EK_ASSIGN_OR_RETURN(checkpoint.trainer_state, ReadListedFile(manifest, folder, kState));
  EK_ASSIGN_OR_RETURN(const std::string policy, ReadListedFile(manifest, folder, kPolicy));
  EK_ASSIGN_OR_RETURN(checkpoint.policy, DecodePolicyFile(policy, absl::StrCat(folder, "/", kPolicy)));
  return checkpoint;
}

absl::Status CheckpointStore::CheckFits(const v1::CheckpointManifest& manifest,
                                        const std::string& folder) const {
  const std::string& algorithm = options_.experiment.algorithm().name();
  if (manifest.algorithm() != algorithm) {
    return absl::FailedPreconditionError(absl::StrCat(folder, " was written by algorithm ",
                                                      manifest.algorithm(), ", this run has ", algorithm,
                                                      "; start a new run for another algorithm"));
  }
  if (manifest.shape().SerializeAsString() != options_.shape.SerializeAsString()) {
    return absl::FailedPreconditionError(absl::StrCat(
        folder, " has networks of shape {", manifest.shape().ShortDebugString(), "}, this run makes {",
        options_.shape.ShortDebugString(), "}; set the experiment back, or start a new run"));
  }
  const absl::Status resumable = CheckResumable(manifest.experiment(), options_.experiment);
  if (resumable.ok()) return resumable;
  return absl::Status(resumable.code(), absl::StrCat(folder, ": ", resumable.message()));
}

bool CheckpointStore::HasAny() const { return !Names(options_.folder).empty(); }

absl::StatusOr<CheckpointScan> CheckpointStore::LatestValid() const {
  CheckpointScan scan;
  for (const std::string& name : Names(options_.folder)) {
    const std::string path = Path(name);
    if (absl::EndsWith(name, kUnfinished)) {
      scan.skipped.push_back({path, absl::DataLossError("its writer ended before it was complete")});
      continue;
    }
    absl::StatusOr<v1::CheckpointManifest> manifest = ReadManifest(path);
    if (!manifest.ok()) {
      scan.skipped.push_back({path, manifest.status()});
      continue;
    }
    absl::StatusOr<Checkpoint> checkpoint = ReadContents(*manifest, path);
    if (!checkpoint.ok()) {
      scan.skipped.push_back({path, checkpoint.status()});
      continue;
    }
    EK_RETURN_IF_ERROR(CheckFits(*manifest, path));
    scan.newest = *std::move(checkpoint);
    scan.path = path;
    break;
  }
  return scan;
}

}  // namespace evenkeel
