#include "experiments/report.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "experiments/evaluation_json.h"

namespace evenkeel {
namespace {

using Line = std::vector<std::string>;

bool Cheats(const EvaluationRow& row) { return row.kind == AlgorithmKind::kBound; }

double RejectedShareOf(const ClassRow& row) {
  return static_cast<double>(row.flows_rejected) /
         (row.flows_finished + row.flows_rejected);  // NaN of no flows
}

// "learned, 3 seeds"
std::string Kind(const EvaluationRow& row) {
  if (Cheats(row)) return "bound (cheats)";
  return row.training_seeds > 1 ? absl::StrCat(KindName(row.kind), ", ", row.training_seeds, " seeds")
                                : KindName(row.kind);
}

bool SeveralSeeds(const EvaluationRow& row) { return row.training_seeds > 1; }

bool ManyClasses(const Evaluation& evaluation) {
  return !evaluation.rows.empty() && evaluation.rows[0].classes.size() > 1;
}

// ---- the table ----

// Three significant digits.
std::string Milliseconds(double seconds) {
  const double ms = 1000 * seconds;
  if (std::isnan(ms)) return "-";
  return absl::StrFormat("%.*f", ms >= 99.95 ? 0 : ms >= 9.995 ? 1 : 2, ms);
}

std::string Number(double value, int digits) {
  return std::isnan(value) ? "-" : absl::StrFormat("%.*f", digits, value);
}

std::string MillisecondsWithInterval(const Estimate& estimate) {
  if (std::isnan(estimate.low)) return Milliseconds(estimate.value);
  return absl::StrCat(Milliseconds(estimate.value), " [", Milliseconds(estimate.low), ", ",
                      Milliseconds(estimate.high), "]");
}

std::string PercentWithInterval(const Estimate& estimate) {
  if (std::isnan(estimate.value)) return "-";
  if (std::isnan(estimate.low)) return absl::StrFormat("%+.1f", estimate.value);
  return absl::StrFormat("%+.1f [%+.1f, %+.1f]", estimate.value, estimate.low, estimate.high);
}

// Product fairness spans many decades: 0.54, 2.2e-03.
std::string Fairness(double value) {
  if (std::isnan(value)) return "-";
  return value >= 0.01 || value == 0 ? absl::StrFormat("%.2f", value) : absl::StrFormat("%.1e", value);
}

Line Header(const Evaluation& evaluation) {
  const std::string baseline = evaluation.baseline.empty() ? "sed" : evaluation.baseline;
  Line line = {"policy",
               "kind",
               "jct mean ms [95% CI]",
               "p50",
               "p90",
               "p99",
               "rejected %",
               "vs " + baseline + " % [95% CI]",
               "gap closed %",
               "over bound %",
               "fairness",
               "jain",
               "util spread"};
  if (!ManyClasses(evaluation)) return line;
  for (const ClassRow& flows : evaluation.rows[0].classes) line.push_back(flows.name + " ms");
  return line;
}

Line TableLine(const Evaluation& evaluation, const EvaluationRow& row) {
  const bool is_baseline = row.label == evaluation.baseline;
  Line line = {row.label,
               Kind(row),
               MillisecondsWithInterval(row.jct_mean_s),
               Milliseconds(row.jct_p50_s),
               Milliseconds(row.jct_p90_s),
               Milliseconds(row.jct_p99_s),
               Number(100 * RejectedShare(row), 2),
               is_baseline ? "0" : PercentWithInterval(row.versus_baseline_percent),
               Number(row.gap_closed_percent, 1),
               Number(row.over_bound_percent, 1),
               Fairness(row.fairness),
               Number(row.jain, 3),
               Number(row.utilisation_spread, 3)};
  if (!ManyClasses(evaluation)) return line;
  for (const ClassRow& flows : row.classes) line.push_back(Milliseconds(flows.jct_mean_s.value));
  return line;
}

// The first two columns flush left, figures flush right.
std::string Align(const std::vector<Line>& lines) {
  constexpr size_t kTextColumns = 2;
  std::vector<size_t> widths(lines[0].size());
  for (const Line& line : lines) {
    for (size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], line[c].size());
  }
  std::string text;
  for (const Line& line : lines) {
    for (size_t c = 0; c < line.size(); ++c) {
      const std::string padding(widths[c] - line[c].size(), ' ');
      const std::string cell = c < kTextColumns ? line[c] + padding : padding + line[c];
      absl::StrAppend(&text, c == 0 ? "" : "  ", cell);
    }
    text.push_back('\n');
  }
  return text;
}

std::vector<const EvaluationRow*> ReadingOrder(const Evaluation& evaluation) {
  std::vector<const EvaluationRow*> rows;
  for (const EvaluationRow& row : evaluation.rows) rows.push_back(&row);
  // Rows without a mean come last in their kind; comparing NaN itself would be no order.
  const auto mean = [](const EvaluationRow* row) {
    return std::isnan(row->jct_mean_s.value) ? HUGE_VAL : row->jct_mean_s.value;
  };
  std::stable_sort(rows.begin(), rows.end(), [&](const EvaluationRow* a, const EvaluationRow* b) {
    return std::make_pair(a->kind, mean(a)) < std::make_pair(b->kind, mean(b));
  });
  return rows;
}

std::string Notes(const Evaluation& evaluation) {
  const uint64_t last_seed = evaluation.first_seed + evaluation.seeds - 1;
  std::string notes = absl::StrFormat(
      "%d held-out traces (seeds %d-%d) of %g s, flows of the first %g s not counted; all policies saw the "
      "same "
      "arrivals.\n"
      "jct: from arrival to the end of service; mean: of the traces' means; percentiles: of all flows "
      "together. "
      "Rejected flows are not in them.\n",
      evaluation.seeds, evaluation.first_seed, last_seed, evaluation.seconds, evaluation.warmup_seconds);
  if (!evaluation.baseline.empty()) {
    absl::StrAppend(&notes, "vs ", evaluation.baseline, ": difference of the mean jct on the same traces, ",
                    "paired bootstrap; negative is faster.\n");
  }
  if (!evaluation.bound.empty()) {
    absl::StrAppend(&notes, "gap closed: how much of the way from the baseline's mean jct to that of ",
                    evaluation.bound, ", the better bound; over bound: how much above that bound.\n");
  }
  if (std::any_of(evaluation.rows.begin(), evaluation.rows.end(), SeveralSeeds)) {
    absl::StrAppend(
        &notes, "Of several training seeds: the mean over them of each figure; intervals by bootstrap over ",
        "training seeds and traces.\n");
  }
  absl::StrAppend(
      &notes,
      "fairness: product over servers of mean flow duration / the largest (1 = all equal); jain: Jain's "
      "index of the same;\n"
      "util spread: busy share of the busiest server less that of the least busy.\n");
  if (std::any_of(evaluation.rows.begin(), evaluation.rows.end(), Cheats)) {
    absl::StrAppend(&notes,
                    "bound (cheats): reads what no load balancer can see; a limit, not a competitor.\n");
  }
  for (const EvaluationRow& row : evaluation.rows) {
    if (!row.note.empty()) absl::StrAppend(&notes, row.label, ": ", row.note, ".\n");
  }
  return notes;
}

// ---- CSV ----

std::string CsvText(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  return absl::StrCat("\"", absl::StrReplaceAll(text, {{"\"", "\"\""}}), "\"");
}

std::string CsvNumber(double value) { return std::isfinite(value) ? absl::StrFormat("%.9g", value) : ""; }

Line CsvHeader(const Evaluation& evaluation) {
  Line line = {"label",
               "algorithm",
               "kind",
               "cheats",
               "jct_mean_s",
               "jct_mean_low_s",
               "jct_mean_high_s",
               "jct_p50_s",
               "jct_p90_s",
               "jct_p99_s",
               "flows_finished",
               "flows_rejected",
               "rejected_share",
               "versus_baseline_percent",
               "versus_baseline_low_percent",
               "versus_baseline_high_percent",
               "gap_closed_percent",
               "over_bound_percent",
               "training_seeds",
               "fairness",
               "jain",
               "utilisation_spread",
               "note"};
  if (evaluation.rows.empty()) return line;
  for (const ClassRow& flows : evaluation.rows[0].classes) {
    line.push_back(CsvText(absl::StrCat("class_", flows.name, "_jct_mean_s")));
    line.push_back(CsvText(absl::StrCat("class_", flows.name, "_rejected_share")));
  }
  return line;
}

Line CsvLine(const EvaluationRow& row) {
  Line line = {CsvText(row.label),
               row.algorithm,
               KindName(row.kind),
               Cheats(row) ? "true" : "false",
               CsvNumber(row.jct_mean_s.value),
               CsvNumber(row.jct_mean_s.low),
               CsvNumber(row.jct_mean_s.high),
               CsvNumber(row.jct_p50_s),
               CsvNumber(row.jct_p90_s),
               CsvNumber(row.jct_p99_s),
               absl::StrCat(row.flows_finished),
               absl::StrCat(row.flows_rejected),
               CsvNumber(RejectedShare(row)),
               CsvNumber(row.versus_baseline_percent.value),
               CsvNumber(row.versus_baseline_percent.low),
               CsvNumber(row.versus_baseline_percent.high),
               CsvNumber(row.gap_closed_percent),
               CsvNumber(row.over_bound_percent),
               absl::StrCat(row.training_seeds),
               CsvNumber(row.fairness),
               CsvNumber(row.jain),
               CsvNumber(row.utilisation_spread),
               CsvText(row.note)};
  for (const ClassRow& flows : row.classes) {
    line.push_back(CsvNumber(flows.jct_mean_s.value));
    line.push_back(CsvNumber(RejectedShareOf(flows)));
  }
  return line;
}

}  // namespace

std::string RenderTable(const Evaluation& evaluation) {
  std::vector<Line> lines = {Header(evaluation)};
  for (const EvaluationRow* row : ReadingOrder(evaluation)) lines.push_back(TableLine(evaluation, *row));
  return absl::StrCat(Align(lines), "\n", Notes(evaluation));
}

std::string RenderJson(const Evaluation& evaluation) {
  // Labels and class names are the user's bytes, maybe not UTF-8.
  return EvaluationToJson(evaluation, TraceDetail::kAll)
             .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
         "\n";
}

std::string RenderCsv(const Evaluation& evaluation) {
  std::string text = absl::StrJoin(CsvHeader(evaluation), ",") + "\n";
  for (const EvaluationRow& row : evaluation.rows)
    absl::StrAppend(&text, absl::StrJoin(CsvLine(row), ","), "\n");
  return text;
}

}  // namespace evenkeel
