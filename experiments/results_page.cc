#include "experiments/results_page.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/report.h"
#include "experiments/suite_evaluation.h"

namespace evenkeel {
namespace {

constexpr int kWidestBar = 60;
constexpr double kPercentPerMark = 2;

struct Distance {
  std::string label;
  double sum_percent = 0;
  int scenarios = 0;
};

// Over the bound in percent, mean over the scenarios; only policies that were in all of them, nearest first.
std::vector<Distance> Distances(const Recording& recording) {
  std::vector<Distance> all;
  for (const Evaluation& evaluation : recording.evaluations) {
    for (const EvaluationRow& row : evaluation.rows) {
      if (row.kind == AlgorithmKind::kBound || std::isnan(row.over_bound_percent)) continue;
      auto known =
          std::find_if(all.begin(), all.end(), [&](const Distance& d) { return d.label == row.label; });
      if (known == all.end()) known = all.insert(known, Distance{row.label});
      known->sum_percent += row.over_bound_percent;
      ++known->scenarios;
    }
  }
  const int scenarios = static_cast<int>(recording.evaluations.size());
  all.erase(
      std::remove_if(all.begin(), all.end(), [&](const Distance& d) { return d.scenarios != scenarios; }),
      all.end());
  std::stable_sort(all.begin(), all.end(),
                   [](const Distance& a, const Distance& b) { return a.sum_percent < b.sum_percent; });
  return all;
}

std::string Bars(const Recording& recording) {
  const std::vector<Distance> distances = Distances(recording);
  size_t width = 0;
  for (const Distance& distance : distances) width = std::max(width, distance.label.size());
  std::string text = absl::StrCat("mean over the scenarios of the mean jct over the bound's, %; a mark is ",
                                  kPercentPerMark, " %\n");
  for (const Distance& distance : distances) {
    const double percent = distance.sum_percent / distance.scenarios;
    const long marks = std::lround(std::max(0.0, percent) / kPercentPerMark);
    const std::string bar = marks > kWidestBar ? std::string(kWidestBar, '#') + ">" : std::string(marks, '#');
    absl::StrAppend(&text, distance.label, std::string(width - distance.label.size(), ' '),
                    absl::StrFormat("  %7.1f  ", percent), bar, "\n");
  }
  return text;
}

std::string Block(const std::string& text) { return absl::StrCat("```\n", text, "```\n"); }

}  // namespace

std::string RenderResultsPage(const std::vector<Recording>& recordings, const std::string& notes,
                              const std::string& made_by) {
  std::string page = absl::StrCat("# Results\n\nMade by `", made_by,
                                  "` from what `evenkeel eval --suite` recorded; ", "do not edit.\n");
  if (!notes.empty()) absl::StrAppend(&page, "\n", notes);
  for (const Recording& recording : recordings) {
    const std::string name = recording.suite.empty() ? recording.evaluations[0].experiment : recording.suite;
    absl::StrAppend(&page, "\n## ", name, "\n\n");
    if (!recording.summary.empty()) absl::StrAppend(&page, recording.summary, ".\n\n");
    absl::StrAppend(&page, Block(RenderSummary(recording)), "\n", Block(Bars(recording)));
    for (const Evaluation& evaluation : recording.evaluations)
      absl::StrAppend(&page, "\n### ", name, ": ", evaluation.experiment, "\n\n",
                      Block(RenderTable(evaluation)));
  }
  return page;
}

}  // namespace evenkeel
