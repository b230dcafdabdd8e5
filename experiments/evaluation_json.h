// An evaluation as JSON, and back: evaluation.json of a run folder, and part of a recording (recording.h).
#ifndef EVENKEEL_EXPERIMENTS_EVALUATION_JSON_H_
#define EVENKEEL_EXPERIMENTS_EVALUATION_JSON_H_

#include <nlohmann/json.hpp>

#include "absl/status/statusor.h"
#include "experiments/evaluate.h"

namespace evenkeel {

enum class TraceDetail {
  kAll,    // everything known of every trace, in full precision
  kMeans,  // of every trace its mean completion time alone; six significant digits
};

// One JSON object: the experiment, the traces, and per policy the columns of the table in base units under
// the names of EvaluationRow. What is not known is null.
nlohmann::ordered_json EvaluationToJson(const Evaluation& evaluation, TraceDetail detail);

// What EvaluationToJson wrote; of traces written as kMeans only seed and mean are known. INVALID_ARGUMENT
// names the field that is missing or of another type.
absl::StatusOr<Evaluation> EvaluationFromJson(const nlohmann::ordered_json& json);

// "learned", "heuristic", "control" or "bound".
const char* KindName(AlgorithmKind kind);

// Rejected flows of all flows; NaN of no flows.
double RejectedShare(const EvaluationRow& row);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_EVALUATION_JSON_H_
