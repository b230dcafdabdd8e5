#include "learner/learner_log.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/durable_file.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

bool IsOfRoundUpTo(const std::string& line, uint64_t updates) {
  const nlohmann::json round = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
  return round.is_object() && round.contains("updates") && round["updates"].is_number_unsigned() &&
         round["updates"].get<uint64_t>() <= updates;
}

}  // namespace

absl::StatusOr<LearnerLog> LearnerLog::Open(const std::string& path, uint64_t updates) {
  absl::StatusOr<std::string> text = ReadFile(path);
  if (!text.ok() && !absl::IsNotFound(text.status())) return text.status();
  std::istringstream lines(text.ok() ? *text : "");
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    if (IsOfRoundUpTo(line, updates)) absl::StrAppend(&kept, line, "\n");
  }
  EK_RETURN_IF_ERROR(WriteFileDurably(path, kept));
  return LearnerLog(path);
}

absl::Status LearnerLog::Append(const LearnerRound& round) {
  nlohmann::ordered_json line;
  line["episodes"] = round.episodes;
  line["updates"] = round.updates;
  line["loss"] = round.loss;
  line["q_mean"] = round.q_mean;
  line["gradient_norm"] = round.gradient_norm;
  line["update_ms"] = round.update_ms;
  line["wait_ms"] = round.wait_ms;
  line["importance_weight_min"] = round.importance_weight_min;
  std::ofstream file(path_, std::ios::app);
  file << line.dump() << "\n" << std::flush;
  if (!file) return absl::ResourceExhaustedError(absl::StrCat("cannot write ", path_, "; is the disk full?"));
  return absl::OkStatus();
}

}  // namespace evenkeel
