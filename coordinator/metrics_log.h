// RUN/metrics.jsonl: one line per finished episode, in order.
#ifndef EVENKEEL_COORDINATOR_METRICS_LOG_H_
#define EVENKEEL_COORDINATOR_METRICS_LOG_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/append_file.h"
#include "protos/coordinator.pb.h"

namespace evenkeel {

// One JSON object without a line break: the fields of EpisodeSummary by name (`number` is called `episode`),
// NaN as null.
std::string ToJson(const v1::EpisodeSummary& summary);

// Not thread-safe.
class MetricsLog {
 public:
  // Opens `path` for the episodes from `first_episode` on: lines of earlier episodes stay; lines of later
  // ones, which are played again, and a line that was cut short are removed. Creates the file if there is
  // none.
  static absl::StatusOr<std::unique_ptr<MetricsLog>> Open(const std::string& path, uint64_t first_episode);

  // The episode after the last whole line of `path`, whose lines number the episodes from 0 on without a gap:
  // where a run without replay goes on. 0 if there is no such file, or no such line.
  static absl::StatusOr<uint64_t> NextEpisode(const std::string& path);

  // Writes one line, which every reader sees when this returns. RESOURCE_EXHAUSTED: the disk is full; all
  // errors name the file and the cause, and leave no part of the line.
  absl::Status Append(const v1::EpisodeSummary& summary);

 private:
  explicit MetricsLog(std::unique_ptr<AppendFile> file) : file_(std::move(file)) {}

  const std::unique_ptr<AppendFile> file_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_COORDINATOR_METRICS_LOG_H_
