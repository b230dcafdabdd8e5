#include "experiments/evaluation_json.h"

#include <cmath>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace evenkeel {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr AlgorithmKind kKinds[] = {AlgorithmKind::kLearned, AlgorithmKind::kHeuristic,
                                    AlgorithmKind::kControl, AlgorithmKind::kBound};

double Share(uint64_t finished, uint64_t rejected) {
  return static_cast<double>(rejected) / (finished + rejected);
}

// ---- writing ----

class Writer {
 public:
  explicit Writer(TraceDetail detail) : detail_(detail) {}

  Json Write(const Evaluation& evaluation) const {
    Json json = {{"experiment", evaluation.experiment},
                 {"first_seed", evaluation.first_seed},
                 {"seeds", evaluation.seeds},
                 {"seconds", evaluation.seconds},
                 {"warmup_seconds", evaluation.warmup_seconds},
                 {"baseline", evaluation.baseline.empty() ? Json(nullptr) : Json(evaluation.baseline)},
                 {"bound", evaluation.bound.empty() ? Json(nullptr) : Json(evaluation.bound)},
                 {"rows", Json::array()}};
    for (const EvaluationRow& row : evaluation.rows) json["rows"].push_back(Row(row));
    return json;
  }

 private:
  Json Number(double value) const {
    if (!std::isfinite(value)) return nullptr;
    return detail_ == TraceDetail::kAll ? value
                                        : std::strtod(absl::StrFormat("%.6g", value).c_str(), nullptr);
  }

  Json Numbers(const std::vector<double>& values) const {
    Json json = Json::array();
    for (double value : values) json.push_back(Number(value));
    return json;
  }

  Json Interval(const Estimate& estimate) const {
    return {
        {"value", Number(estimate.value)}, {"low", Number(estimate.low)}, {"high", Number(estimate.high)}};
  }

  template <typename Row>
  void AddFlows(const Row& row, Json* json) const {
    (*json)["jct_p50_s"] = Number(row.jct_p50_s);
    (*json)["jct_p90_s"] = Number(row.jct_p90_s);
    (*json)["jct_p99_s"] = Number(row.jct_p99_s);
    (*json)["flows_finished"] = row.flows_finished;
    (*json)["flows_rejected"] = row.flows_rejected;
    (*json)["rejected_share"] = Number(Share(row.flows_finished, row.flows_rejected));
  }

  template <typename Row>
  void AddServers(const Row& row, Json* json) const {
    (*json)["fairness"] = Number(row.fairness);
    (*json)["jain"] = Number(row.jain);
    (*json)["utilisation_spread"] = Number(row.utilisation_spread);
  }

  Json Trace(const TraceRow& row) const {
    Json json = {{"seed", row.seed}, {"jct_mean_s", Number(row.jct_mean_s)}};
    AddFlows(row, &json);
    AddServers(row, &json);
    return json;
  }

  Json Class(const ClassRow& row) const {
    Json json = {{"name", row.name}, {"jct_mean_s", Interval(row.jct_mean_s)}};
    AddFlows(row, &json);
    return json;
  }

  void AddTraces(const EvaluationRow& row, Json* json) const {
    if (detail_ == TraceDetail::kMeans) {
      Json& means = (*json)["trace_jct_mean_s"] = Json::array();
      for (const TraceRow& trace : row.traces) means.push_back(Number(trace.jct_mean_s));
    } else {
      Json& traces = (*json)["traces"] = Json::array();
      for (const TraceRow& trace : row.traces) traces.push_back(Trace(trace));
    }
    if (row.trained_jct_mean_s.empty()) return;
    Json& trained = (*json)["trained_jct_mean_s"] = Json::array();
    for (const std::vector<double>& means : row.trained_jct_mean_s) trained.push_back(Numbers(means));
  }

  Json Row(const EvaluationRow& row) const {
    Json json = {{"label", row.label},
                 {"algorithm", row.algorithm},
                 {"kind", KindName(row.kind)},
                 {"cheats", row.kind == AlgorithmKind::kBound},
                 {"note", row.note},
                 {"training_seeds", row.training_seeds},
                 {"jct_mean_s", Interval(row.jct_mean_s)}};
    AddFlows(row, &json);
    json["versus_baseline_percent"] = Interval(row.versus_baseline_percent);
    json["gap_closed_percent"] = Number(row.gap_closed_percent);
    json["over_bound_percent"] = Number(row.over_bound_percent);
    AddServers(row, &json);
    json["classes"] = Json::array();
    for (const ClassRow& flows : row.classes) json["classes"].push_back(Class(flows));
    AddTraces(row, &json);
    return json;
  }

  const TraceDetail detail_;
};

// ---- reading ----

double NumberIn(const Json& json, const char* name) {
  const Json& value = json.at(name);
  return value.is_null() ? kNaN : value.get<double>();
}

std::string TextIn(const Json& json, const char* name) {
  const Json& value = json.at(name);
  return value.is_null() ? "" : value.get<std::string>();
}

std::vector<double> NumbersOf(const Json& json) {
  std::vector<double> numbers;
  for (const Json& value : json) numbers.push_back(value.is_null() ? kNaN : value.get<double>());
  return numbers;
}

Estimate IntervalIn(const Json& json, const char* name) {
  const Json& value = json.at(name);
  return {NumberIn(value, "value"), NumberIn(value, "low"), NumberIn(value, "high")};
}

template <typename Row>
void ReadFlows(const Json& json, Row* row) {
  row->jct_p50_s = NumberIn(json, "jct_p50_s");
  row->jct_p90_s = NumberIn(json, "jct_p90_s");
  row->jct_p99_s = NumberIn(json, "jct_p99_s");
  row->flows_finished = json.at("flows_finished").get<uint64_t>();
  row->flows_rejected = json.at("flows_rejected").get<uint64_t>();
}

template <typename Row>
void ReadServers(const Json& json, Row* row) {
  row->fairness = NumberIn(json, "fairness");
  row->jain = NumberIn(json, "jain");
  row->utilisation_spread = NumberIn(json, "utilisation_spread");
}

TraceRow UnknownTrace(uint64_t seed, double mean_s) {
  TraceRow row;
  row.seed = seed;
  row.jct_mean_s = mean_s;
  row.jct_p50_s = row.jct_p90_s = row.jct_p99_s = kNaN;
  row.fairness = row.jain = row.utilisation_spread = kNaN;
  return row;
}

std::vector<TraceRow> ReadTraces(const Json& json, uint64_t first_seed) {
  std::vector<TraceRow> traces;
  if (json.contains("trace_jct_mean_s")) {
    for (double mean_s : NumbersOf(json.at("trace_jct_mean_s")))
      traces.push_back(UnknownTrace(first_seed + traces.size(), mean_s));
    return traces;
  }
  for (const Json& each : json.at("traces")) {
    TraceRow row;
    row.seed = each.at("seed").get<uint64_t>();
    row.jct_mean_s = NumberIn(each, "jct_mean_s");
    ReadFlows(each, &row);
    ReadServers(each, &row);
    traces.push_back(row);
  }
  return traces;
}

AlgorithmKind KindOf(const std::string& name) {
  for (AlgorithmKind kind : kKinds) {
    if (name == KindName(kind)) return kind;
  }
  throw std::invalid_argument(absl::StrCat("unknown kind \"", name, "\""));
}

EvaluationRow ReadRow(const Json& json, const Evaluation& evaluation) {
  EvaluationRow row;
  row.label = TextIn(json, "label");
  row.algorithm = TextIn(json, "algorithm");
  row.kind = KindOf(TextIn(json, "kind"));
  row.note = TextIn(json, "note");
  row.training_seeds = json.at("training_seeds").get<int>();
  row.jct_mean_s = IntervalIn(json, "jct_mean_s");
  ReadFlows(json, &row);
  row.versus_baseline_percent = IntervalIn(json, "versus_baseline_percent");
  row.gap_closed_percent = NumberIn(json, "gap_closed_percent");
  row.over_bound_percent = NumberIn(json, "over_bound_percent");
  ReadServers(json, &row);
  for (const Json& each : json.at("classes")) {
    ClassRow flows;
    flows.name = TextIn(each, "name");
    flows.jct_mean_s = IntervalIn(each, "jct_mean_s");
    ReadFlows(each, &flows);
    row.classes.push_back(std::move(flows));
  }
  row.traces = ReadTraces(json, evaluation.first_seed);
  if (json.contains("trained_jct_mean_s")) {
    for (const Json& means : json.at("trained_jct_mean_s"))
      row.trained_jct_mean_s.push_back(NumbersOf(means));
  }
  const size_t seeds = evaluation.seeds;
  bool whole = row.traces.size() == seeds;
  for (const std::vector<double>& means : row.trained_jct_mean_s) whole = whole && means.size() == seeds;
  if (!whole) throw std::invalid_argument(absl::StrCat("row \"", row.label, "\" has not ", seeds, " traces"));
  return row;
}

Evaluation Read(const Json& json) {
  Evaluation evaluation;
  evaluation.experiment = TextIn(json, "experiment");
  evaluation.first_seed = json.at("first_seed").get<uint64_t>();
  evaluation.seeds = json.at("seeds").get<int>();
  evaluation.seconds = NumberIn(json, "seconds");
  evaluation.warmup_seconds = NumberIn(json, "warmup_seconds");
  evaluation.baseline = TextIn(json, "baseline");
  evaluation.bound = TextIn(json, "bound");
  for (const Json& row : json.at("rows")) evaluation.rows.push_back(ReadRow(row, evaluation));
  return evaluation;
}

}  // namespace

Json EvaluationToJson(const Evaluation& evaluation, TraceDetail detail) {
  return Writer(detail).Write(evaluation);
}

absl::StatusOr<Evaluation> EvaluationFromJson(const Json& json) {
  try {
    return Read(json);
  } catch (const std::exception& error) {  // nlohmann's say which field
    return absl::InvalidArgumentError(absl::StrCat("no evaluation of this build: ", error.what()));
  }
}

const char* KindName(AlgorithmKind kind) {
  switch (kind) {
    case AlgorithmKind::kLearned:
      return "learned";
    case AlgorithmKind::kHeuristic:
      return "heuristic";
    case AlgorithmKind::kControl:
      return "control";
    case AlgorithmKind::kBound:
      return "bound";
  }
  return "?";
}

double RejectedShare(const EvaluationRow& row) { return Share(row.flows_finished, row.flows_rejected); }

}  // namespace evenkeel
