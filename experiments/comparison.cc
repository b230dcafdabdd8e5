#include "experiments/comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status_macros.h"
#include "experiments/evaluation_json.h"

namespace evenkeel {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

std::string Labels(const Evaluation& evaluation) {
  return absl::StrJoin(evaluation.rows, ", ",
                       [](std::string* out, const EvaluationRow& row) { out->append(row.label); });
}

std::string Traces(const Evaluation& e) {
  return absl::StrCat("seeds ", e.first_seed, "-", e.first_seed + e.seeds - 1, ", ", e.seconds,
                      " s, warm-up ", e.warmup_seconds, " s");
}

// Recordings keep six significant digits.
bool SameFigure(double a, double b) {
  return (std::isnan(a) && std::isnan(b)) || std::abs(a - b) <= 2e-6 * std::abs(a);
}

bool SameOutcome(const EvaluationRow& a, const EvaluationRow& b) {
  if (a.traces.size() != b.traces.size()) return false;
  for (size_t i = 0; i < a.traces.size(); ++i) {
    if (!SameFigure(a.traces[i].jct_mean_s, b.traces[i].jct_mean_s)) return false;
  }
  return true;
}

// ---- joining ----

struct Joined {
  std::string source;  // of the first recording with this scenario
  Evaluation evaluation;
};

absl::Status CheckSameTraces(const Joined& first, const Evaluation& second, const std::string& source,
                             const std::string& baseline) {
  const auto refused = [&](const std::string& why) {
    return absl::FailedPreconditionError(
        absl::StrCat("scenario \"", second.experiment, "\" cannot be paired: ", why));
  };
  const std::string mine = Traces(first.evaluation), theirs = Traces(second);
  if (mine != theirs) {
    return refused(absl::StrCat(first.source, " has ", mine, "; ", source, " has ", theirs,
                                "; evaluate both on the same traces"));
  }
  const EvaluationRow* a = FindRow(first.evaluation, baseline);
  const EvaluationRow* b = FindRow(second, baseline);
  if (a == nullptr || b == nullptr) {
    return refused(absl::StrCat(a == nullptr ? first.source : source, " does not hold ", baseline,
                                ", which would show that its traces are the same"));
  }
  if (SameOutcome(*a, *b)) return absl::OkStatus();
  return refused(absl::StrCat(baseline, " comes out differently in ", first.source, " and ", source,
                              ": they are not of the same experiment and build"));
}

void AddRows(const Evaluation& second, const std::string& source, Evaluation* joined) {
  for (EvaluationRow row : second.rows) {
    const EvaluationRow* known = FindRow(*joined, row.label);
    if (known != nullptr && SameOutcome(*known, row)) continue;
    if (known != nullptr) row.label = absl::StrCat(row.label, " (", source, ")");
    joined->rows.push_back(std::move(row));
  }
}

// ---- figures ----

std::optional<double> Figure(const EvaluationRow& row, const std::string& metric) {
  if (metric == "jct_mean") return row.jct_mean_s.value;
  if (metric == "jct_p50") return row.jct_p50_s;
  if (metric == "jct_p90") return row.jct_p90_s;
  if (metric == "jct_p99") return row.jct_p99_s;
  if (metric == "rejected") return 100 * RejectedShare(row);
  return std::nullopt;
}

absl::Status UnknownMetric(const std::string& metric) {
  return absl::InvalidArgumentError(
      absl::StrCat("unknown metric \"", metric, "\": known: ", absl::StrJoin(ComparisonMetrics(), " ")));
}

bool Known(const std::string& metric) {
  const auto& all = ComparisonMetrics();
  return std::find(all.begin(), all.end(), metric) != all.end();
}

ComparisonCell MakeCell(const EvaluationRow* row, const EvaluationRow& baseline, const Evaluation& scenario,
                        const std::string& metric) {
  ComparisonCell cell{kNaN, {kNaN, kNaN, kNaN}};
  if (row == nullptr) return cell;
  cell.value = *Figure(*row, metric);
  if (row == &baseline) return cell;
  if (metric == "jct_mean") {
    cell.versus_baseline = VersusPercent(*row, baseline, scenario.first_seed);
  } else if (*Figure(baseline, metric) > 0) {
    cell.versus_baseline.value = 100 * (cell.value / *Figure(baseline, metric) - 1);
  }
  return cell;
}

// ---- conditions ----

struct Factor {
  double number = 1;
  std::string label;  // empty: `number`
  std::string metric;
};

struct Condition {
  std::vector<Factor> left, right;
  std::string comparison;
};

absl::StatusOr<std::vector<Factor>> ParseSide(absl::string_view text) {
  std::vector<Factor> factors;
  for (absl::string_view part : absl::StrSplit(text, '*')) {
    Factor factor;
    const std::string word(absl::StripAsciiWhitespace(part));
    if (!absl::SimpleAtod(word, &factor.number)) {
      const size_t dot = word.rfind('.');
      if (dot == std::string::npos || dot == 0) {
        return absl::InvalidArgumentError(
            absl::StrCat("expected a number or POLICY.METRIC, found \"", word, "\""));
      }
      factor.label = word.substr(0, dot);
      factor.metric = word.substr(dot + 1);
      if (!Known(factor.metric)) return UnknownMetric(factor.metric);
    }
    factors.push_back(std::move(factor));
  }
  return factors;
}

absl::StatusOr<Condition> ParseCondition(const std::string& text) {
  Condition condition;
  const size_t at = text.find_first_of("<>");
  if (at == std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "condition \"", text, "\" has none of < <= > >=; for example ", "qmix.jct_mean > sed.jct_mean*1.01"));
  }
  condition.comparison = text.substr(at, at + 1 < text.size() && text[at + 1] == '=' ? 2 : 1);
  const absl::string_view whole = text;
  EK_ASSIGN_OR_RETURN(condition.left, ParseSide(whole.substr(0, at)));
  EK_ASSIGN_OR_RETURN(condition.right, ParseSide(whole.substr(at + condition.comparison.size())));
  return condition;
}

// nullopt: a label is not there.
std::optional<double> Value(const std::vector<Factor>& factors, const Evaluation& scenario) {
  double product = 1;
  for (const Factor& factor : factors) {
    if (factor.label.empty()) {
      product *= factor.number;
      continue;
    }
    const EvaluationRow* row = FindRow(scenario, factor.label);
    if (row == nullptr) return std::nullopt;
    product *= *Figure(*row, factor.metric);
  }
  return product;
}

bool Holds(double left, const std::string& comparison, double right) {
  if (std::isnan(left) || std::isnan(right)) return true;
  if (comparison == "<") return left < right;
  if (comparison == "<=") return left <= right;
  if (comparison == ">") return left > right;
  return left >= right;
}

absl::Status CheckLabels(const Condition& condition, const std::vector<Evaluation>& scenarios) {
  for (const std::vector<Factor>* side : {&condition.left, &condition.right}) {
    for (const Factor& factor : *side) {
      const bool found = factor.label.empty() ||
                         std::any_of(scenarios.begin(), scenarios.end(), [&](const Evaluation& scenario) {
                           return FindRow(scenario, factor.label) != nullptr;
                         });
      if (found) continue;
      return absl::NotFoundError(absl::StrCat("no policy \"", factor.label, "\" was recorded; there are: ",
                                              scenarios.empty() ? "" : Labels(scenarios[0])));
    }
  }
  return absl::OkStatus();
}

}  // namespace

const std::vector<std::string>& ComparisonMetrics() {
  static const auto* const metrics =
      new std::vector<std::string>{"jct_mean", "jct_p50", "jct_p90", "jct_p99", "rejected"};
  return *metrics;
}

absl::StatusOr<std::vector<Evaluation>> JoinRecordings(const std::vector<Recording>& recordings,
                                                       const std::string& baseline) {
  std::vector<Joined> all;
  for (const Recording& recording : recordings) {
    for (const Evaluation& evaluation : recording.evaluations) {
      const auto same = std::find_if(all.begin(), all.end(), [&](const Joined& joined) {
        return joined.evaluation.experiment == evaluation.experiment;
      });
      if (same == all.end()) {
        all.push_back({recording.source, evaluation});
        continue;
      }
      EK_RETURN_IF_ERROR(CheckSameTraces(*same, evaluation, recording.source, baseline));
      AddRows(evaluation, recording.source, &same->evaluation);
    }
  }
  std::vector<Evaluation> evaluations;
  for (Joined& joined : all) evaluations.push_back(std::move(joined.evaluation));
  return evaluations;
}

absl::StatusOr<Comparison> Compare(const std::vector<Evaluation>& scenarios, const std::string& baseline,
                                   const std::string& metric) {
  if (!Known(metric)) return UnknownMetric(metric);
  Comparison comparison{baseline, metric, {}, {}};
  for (const Evaluation& scenario : scenarios) {
    if (FindRow(scenario, baseline) == nullptr) {
      return absl::NotFoundError(absl::StrCat("scenario \"", scenario.experiment,
                                              "\" does not hold the baseline \"", baseline,
                                              "\"; there are: ", Labels(scenario)));
    }
    comparison.scenarios.push_back(scenario.experiment);
    for (const EvaluationRow& row : scenario.rows) {
      const bool known = std::any_of(comparison.rows.begin(), comparison.rows.end(),
                                     [&](const ComparisonRow& other) { return other.label == row.label; });
      if (!known) comparison.rows.push_back({row.label, row.kind, {}});
    }
  }
  for (ComparisonRow& row : comparison.rows) {
    for (const Evaluation& scenario : scenarios)
      row.cells.push_back(MakeCell(FindRow(scenario, row.label), *FindRow(scenario, baseline), scenario, metric));
  }
  return comparison;
}

absl::StatusOr<std::vector<std::string>> ScenariosWhere(const std::string& text,
                                                        const std::vector<Evaluation>& scenarios) {
  EK_ASSIGN_OR_RETURN(const Condition condition, ParseCondition(text));
  EK_RETURN_IF_ERROR(CheckLabels(condition, scenarios));
  std::vector<std::string> names;
  for (const Evaluation& scenario : scenarios) {
    const std::optional<double> left = Value(condition.left, scenario);
    const std::optional<double> right = Value(condition.right, scenario);
    if (left && right && Holds(*left, condition.comparison, *right)) names.push_back(scenario.experiment);
  }
  return names;
}

}  // namespace evenkeel
