#include "coordinator/metrics_log.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/types/optional.h"
#include "common/durable_file.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

std::string Number(double value) { return std::isfinite(value) ? absl::StrFormat("%.9g", value) : "null"; }

// The episode that a whole line is about.
absl::optional<uint64_t> EpisodeOf(absl::string_view line) {
  const nlohmann::json parsed = nlohmann::json::parse(line, /*cb=*/nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object() || !parsed.contains("episode") || !parsed["episode"].is_number_unsigned())
    return absl::nullopt;
  return parsed["episode"].get<uint64_t>();
}

std::string LinesBefore(const std::string& bytes, uint64_t first_episode) {
  std::string kept;
  for (const absl::string_view line : absl::StrSplit(bytes, '\n', absl::SkipEmpty())) {
    const absl::optional<uint64_t> episode = EpisodeOf(line);
    if (episode.has_value() && *episode < first_episode) absl::StrAppend(&kept, line, "\n");
  }
  return kept;
}

}  // namespace

std::string ToJson(const v1::EpisodeSummary& summary) {
  return absl::StrCat(
      "{\"episode\":", summary.number(), ",\"policy_version\":", summary.policy_version(),
      ",\"reward_mean\":", Number(summary.reward_mean()), ",\"jct_mean_s\":", Number(summary.jct_mean_s()),
      ",\"jct_p50_s\":", Number(summary.jct_p50_s()), ",\"jct_p90_s\":", Number(summary.jct_p90_s()),
      ",\"jct_p99_s\":", Number(summary.jct_p99_s()), ",\"flows_finished\":", summary.flows_finished(),
      ",\"flows_rejected\":", summary.flows_rejected(), ",\"missed_steps\":", summary.missed_steps(), "}");
}

absl::StatusOr<std::unique_ptr<MetricsLog>> MetricsLog::Open(const std::string& path,
                                                             uint64_t first_episode) {
  absl::StatusOr<std::string> before = ReadFile(path);
  if (!before.ok() && !absl::IsNotFound(before.status())) return before.status();
  if (before.ok()) {
    const std::string kept = LinesBefore(*before, first_episode);
    if (kept != *before) EK_RETURN_IF_ERROR(WriteFileDurably(path, kept));
  }
  EK_ASSIGN_OR_RETURN(std::unique_ptr<AppendFile> file, AppendFile::Open(path));
  return std::unique_ptr<MetricsLog>(new MetricsLog(std::move(file)));
}

absl::StatusOr<uint64_t> MetricsLog::NextEpisode(const std::string& path) {
  const absl::StatusOr<std::string> bytes = ReadFile(path);
  if (absl::IsNotFound(bytes.status())) return 0;
  if (!bytes.ok()) return bytes.status();
  uint64_t next = 0;
  for (const absl::string_view line : absl::StrSplit(*bytes, '\n', absl::SkipEmpty())) {
    if (EpisodeOf(line) != next) break;
    ++next;
  }
  return next;
}

absl::Status MetricsLog::Append(const v1::EpisodeSummary& summary) { return file_->Append(ToJson(summary) + "\n"); }

}  // namespace evenkeel
