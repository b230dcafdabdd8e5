// An evaluation as people and programs read it.
#ifndef EVENKEEL_EXPERIMENTS_REPORT_H_
#define EVENKEEL_EXPERIMENTS_REPORT_H_

#include <string>

#include "experiments/evaluate.h"

namespace evenkeel {

// An aligned plain-ASCII table, by kind (bounds last, marked as cheating) and within a kind from the fastest,
// then notes that say what was measured on what and what every column means. What is not known is "-". Ends
// with a newline.
std::string RenderTable(const Evaluation& evaluation);

// One JSON object: the experiment, the traces, the columns of the table in base units under the names of
// EvaluationRow, and all per-trace values. What is not known is null. Ends with a newline.
std::string RenderJson(const Evaluation& evaluation);

// RFC 4180 with a header line: one line per entrant, base units, no per-trace values, two columns per class.
// What is not known is empty.
std::string RenderCsv(const Evaluation& evaluation);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_REPORT_H_
