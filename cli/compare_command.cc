#include <cmath>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "common/durable_file.h"
#include "experiments/comparison.h"
#include "experiments/evaluation_json.h"
#include "experiments/recording.h"
#include "experiments/results_page.h"

namespace evenkeel {
namespace {

using nlohmann::ordered_json;

struct CompareFlags {
  std::vector<std::string> recordings;
  std::string baseline = "sed";
  std::string metric = "jct_mean";
  std::vector<std::string> fail_if;
  OutputFormat format = OutputFormat::kTable;
};

absl::StatusOr<std::vector<Recording>> ReadAll(const std::vector<std::string>& paths) {
  std::vector<Recording> all;
  for (const std::string& path : paths) {
    absl::StatusOr<std::vector<Recording>> recordings = ReadRecordings(path);
    if (!recordings.ok()) return recordings.status();
    all.insert(all.end(), recordings->begin(), recordings->end());
  }
  return all;
}

ordered_json Known(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

// For people: milliseconds or percent, and the difference with its interval.
std::string Value(const ComparisonCell& cell, const std::string& metric) {
  if (std::isnan(cell.value)) return "-";
  return metric == "rejected" ? absl::StrFormat("%.2f", cell.value)
                              : absl::StrFormat("%.4g", 1000 * cell.value);
}

std::string Difference(const Estimate& versus) {
  if (std::isnan(versus.value)) return "-";
  if (std::isnan(versus.low)) return absl::StrFormat("%+.1f", versus.value);
  return absl::StrFormat("%+.1f [%+.1f, %+.1f]", versus.value, versus.low, versus.high);
}

ResultTable WideTable(const Comparison& comparison) {
  ResultTable table;
  table.columns = {"policy", "kind"};
  const char* unit = comparison.metric == "rejected" ? " %" : " ms";
  for (const std::string& scenario : comparison.scenarios) {
    table.columns.push_back(scenario + unit);
    table.columns.push_back(absl::StrCat("vs ", comparison.baseline, " %"));
  }
  for (const ComparisonRow& row : comparison.rows) {
    table.rows.push_back({row.label, KindName(row.kind)});
    for (const ComparisonCell& cell : row.cells) {
      table.rows.back().push_back(Value(cell, comparison.metric));
      table.rows.back().push_back(row.label == comparison.baseline ? "0" : Difference(cell.versus_baseline));
    }
  }
  return table;
}

// For programs: a line per policy and scenario, base units.
ResultTable LongTable(const Comparison& comparison) {
  ResultTable table;
  table.columns = {"scenario", "policy",         "kind",        "metric",
                   "value",    "versus_percent", "low_percent", "high_percent"};
  for (size_t i = 0; i < comparison.scenarios.size(); ++i) {
    for (const ComparisonRow& row : comparison.rows) {
      const ComparisonCell& cell = row.cells[i];
      table.rows.push_back({comparison.scenarios[i], row.label, KindName(row.kind), comparison.metric,
                            Known(cell.value), Known(cell.versus_baseline.value),
                            Known(cell.versus_baseline.low), Known(cell.versus_baseline.high)});
    }
  }
  return table;
}

int CompareAll(const CompareFlags& flags) {
  const absl::StatusOr<std::vector<Recording>> recordings = ReadAll(flags.recordings);
  if (!recordings.ok()) return Fail(recordings.status());
  const absl::StatusOr<std::vector<Evaluation>> scenarios = JoinRecordings(*recordings, flags.baseline);
  if (!scenarios.ok()) return Fail(scenarios.status());
  const absl::StatusOr<Comparison> comparison = Compare(*scenarios, flags.baseline, flags.metric);
  if (!comparison.ok()) return Fail(comparison.status());
  std::cout << Render(flags.format == OutputFormat::kTable ? WideTable(*comparison) : LongTable(*comparison),
                      flags.format);
  int exit_code = kExitDone;
  for (const std::string& condition : flags.fail_if) {
    const absl::StatusOr<std::vector<std::string>> where = ScenariosWhere(condition, *scenarios);
    if (!where.ok()) return Fail(where.status());
    if (where->empty()) continue;
    std::cerr << "evenkeel: gate failed: " << condition << " in " << absl::StrJoin(*where, ", ") << "\n";
    exit_code = kExitFailed;
  }
  return exit_code;
}

int Report(const std::string& folder, const std::string& out) {
  const absl::StatusOr<std::vector<Recording>> recordings = ReadRecordings(folder);
  if (!recordings.ok()) return Fail(recordings.status());
  const absl::StatusOr<std::string> notes = ReadFile(folder + "/NOTES.md");
  if (!notes.ok() && !absl::IsNotFound(notes.status())) return Fail(notes.status());
  const absl::Status written = WriteFileDurably(
      out, RenderResultsPage(*recordings, notes.value_or(""), absl::StrCat("evenkeel report ", folder, " -o ", out)));
  return written.ok() ? kExitDone : Fail(written);
}

}  // namespace

void AddCompareCommands(CLI::App* app, int* exit_code) {
  CLI::App* compare =
      app->add_subcommand("compare", "put recorded evaluations side by side, on the same traces");
  auto flags = std::make_shared<CompareFlags>();
  compare
      ->add_option("RECORDING", flags->recordings,
                   "a run folder, what eval --suite --out wrote, or a folder of such files")
      ->required()
      ->type_name("");
  compare->add_option("--baseline", flags->baseline, "the policy that differences refer to; default sed")
      ->type_name("POLICY");
  compare->add_option("--metric", flags->metric, absl::StrJoin(ComparisonMetrics(), ", "))
      ->type_name("METRIC");
  compare
      ->add_option(
          "--fail-if", flags->fail_if,
          "exit code 1 if true in a scenario, e.g. 'qmix.jct_mean > sed.jct_mean*1.01'; may be repeated")
      ->type_name("CONDITION")
      ->allow_extra_args(false);
  AddOutputFlag(compare, &flags->format);
  compare->callback([flags, exit_code] { *exit_code = CompareAll(*flags); });

  CLI::App* report = app->add_subcommand("report", "make the page of results from recorded evaluations");
  auto folder = std::make_shared<std::string>(), out = std::make_shared<std::string>();
  report->add_option("DIR", *folder, "a folder of what eval --suite --out wrote; its NOTES.md, if any, comes first")->required()->type_name("");
  report->add_option("-o", *out, "the page, Markdown")->required()->type_name("FILE");
  report->callback([folder, out, exit_code] { *exit_code = Report(*folder, *out); });
}

}  // namespace evenkeel
