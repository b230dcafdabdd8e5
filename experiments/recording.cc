#include "experiments/recording.h"

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/durable_file.h"
#include "common/status_macros.h"
#include "experiments/evaluation_json.h"

namespace evenkeel {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;

std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string TextOr(const Json& json, const char* name) {
  const auto value = json.find(name);
  return value != json.end() && value->is_string() ? value->get<std::string>() : "";
}

// The object without its "rows" but with the place for them left open.
std::string RenderEvaluationLines(const Evaluation& evaluation) {
  Json json = EvaluationToJson(evaluation, TraceDetail::kMeans);
  const Json rows = std::move(json["rows"]);
  json.erase("rows");
  std::string text = Dump(json);
  text.pop_back();  // its '}'
  absl::StrAppend(&text, ",\"rows\":[");
  for (size_t i = 0; i < rows.size(); ++i) absl::StrAppend(&text, i == 0 ? "\n" : ",\n", Dump(rows[i]));
  return text + "\n]}";
}

}  // namespace

std::string RenderRecording(const Recording& recording) {
  std::string text = absl::StrCat("{\"format\":", kFormat, ",\"suite\":", Dump(recording.suite),
                                  ",\"summary\":", Dump(recording.summary), ",\"evaluations\":[");
  for (size_t i = 0; i < recording.evaluations.size(); ++i)
    absl::StrAppend(&text, i == 0 ? "\n" : ",\n", RenderEvaluationLines(recording.evaluations[i]));
  return text + "\n]}\n";
}

absl::StatusOr<Recording> ParseRecording(const std::string& text, const std::string& source) {
  const auto refused = [&source](const std::string& why) {
    return absl::FailedPreconditionError(absl::StrCat(source, " is no recorded evaluation: ", why));
  };
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return refused("it is no JSON object");
  Recording recording;
  recording.source = source;
  Json evaluations = Json::array({json});
  if (json.contains("evaluations")) {
    const auto format = json.find("format");
    if (format == json.end() || *format != kFormat)
      return refused(absl::StrCat("its format is not ", kFormat));
    recording.suite = TextOr(json, "suite");
    recording.summary = TextOr(json, "summary");
    evaluations = json["evaluations"];
  }
  for (const Json& each : evaluations) {
    absl::StatusOr<Evaluation> evaluation = EvaluationFromJson(each);
    if (!evaluation.ok()) return refused(std::string(evaluation.status().message()));
    recording.evaluations.push_back(*std::move(evaluation));
  }
  return recording;
}

absl::StatusOr<std::vector<Recording>> ReadRecordings(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<std::string> files;
  if (!fs::is_directory(path, error)) {
    files.push_back(path);
  } else if (fs::exists(fs::path(path) / "evaluation.json", error)) {
    files.push_back((fs::path(path) / "evaluation.json").string());
  } else {
    for (const fs::directory_entry& entry : fs::directory_iterator(path, error)) {
      if (entry.path().extension() == ".json") files.push_back(entry.path().string());
    }
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    return absl::NotFoundError(absl::StrCat(
        path,
        " holds no recorded evaluation: expected evaluation.json or what evenkeel eval --suite --out wrote"));
  }
  std::vector<Recording> recordings;
  for (const std::string& file : files) {
    EK_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
    EK_ASSIGN_OR_RETURN(Recording recording, ParseRecording(text, file));
    recordings.push_back(std::move(recording));
  }
  return recordings;
}

}  // namespace evenkeel
