#include "experiments/suite_evaluation.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"
#include "experiments/evaluation_json.h"

namespace evenkeel {
namespace {

uint64_t Servers(const v1::Experiment& experiment) {
  uint64_t servers = 0;
  for (const v1::ServerGroup& group : experiment.topology().servers()) servers += group.count();
  return servers;
}

absl::Status CheckFits(const Entrant& policy, const v1::Experiment& experiment) {
  const uint64_t trained_for = policy.parameters->shape().servers();
  if (trained_for == 0 || trained_for == Servers(experiment)) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("policy \"", policy.label, "\" is for ", trained_for, " servers; scenario \"",
                   experiment.name(), "\" has ", Servers(experiment),
                   ": leave the policy out, or train one with algorithm.network.kind=SHARED"));
}

absl::StatusOr<Evaluation> EvaluateScenario(const SuiteEvaluationRequest& request,
                                            const v1::Experiment& experiment) {
  EvaluationRequest evaluation;
  evaluation.experiment = &experiment;
  evaluation.entrants = request.policies;
  EK_ASSIGN_OR_RETURN(const std::vector<Entrant> controls, DefaultEntrants(experiment));
  evaluation.entrants.insert(evaluation.entrants.end(), controls.begin(), controls.end());
  evaluation.threads = request.threads;
  if (request.progress)
    evaluation.progress = [&](double share_done) { request.progress(experiment.name(), share_done); };
  absl::StatusOr<Evaluation> result = Evaluate(evaluation);
  if (result.ok()) return result;
  return absl::Status(result.status().code(),
                      absl::StrCat("scenario \"", experiment.name(), "\": ", result.status().message()));
}

std::string Cell(const Evaluation& evaluation, const std::string& label) {
  const EvaluationRow* row = FindRow(evaluation, label);
  if (row == nullptr || std::isnan(row->over_bound_percent)) return "-";
  const double rejected_percent = 100 * RejectedShare(*row);
  return absl::StrFormat("%.3f", 1 + row->over_bound_percent / 100) +
         (rejected_percent > 0 ? absl::StrFormat(" (%.2f)", rejected_percent) : "");
}

// Every label once, by kind and then by the mean log of the ratio over the scenarios that it took part in.
std::vector<std::string> ReadingOrder(const Recording& recording) {
  struct Place {
    AlgorithmKind kind;
    double log_sum = 0;
    int scenarios = 0;
    std::string label;
  };
  std::vector<Place> places;
  for (const Evaluation& evaluation : recording.evaluations) {
    for (const EvaluationRow& row : evaluation.rows) {
      auto place =
          std::find_if(places.begin(), places.end(), [&](const Place& p) { return p.label == row.label; });
      if (place == places.end()) place = places.insert(place, Place{row.kind, 0, 0, row.label});
      if (std::isnan(row.over_bound_percent)) continue;
      place->log_sum += std::log1p(row.over_bound_percent / 100);
      ++place->scenarios;
    }
  }
  const auto mean = [](const Place& p) { return p.scenarios == 0 ? HUGE_VAL : p.log_sum / p.scenarios; };
  std::stable_sort(places.begin(), places.end(), [&](const Place& a, const Place& b) {
    return std::make_pair(a.kind, mean(a)) < std::make_pair(b.kind, mean(b));
  });
  std::vector<std::string> labels;
  for (const Place& place : places) labels.push_back(place.label);
  return labels;
}

}  // namespace

absl::StatusOr<Recording> EvaluateSuite(const SuiteEvaluationRequest& request) {
  const ResolvedSuite& suite = *request.suite;
  for (const v1::Experiment& experiment : suite.experiments) {
    for (const Entrant& policy : request.policies) EK_RETURN_IF_ERROR(CheckFits(policy, experiment));
  }
  Recording recording;
  recording.suite = suite.name;
  recording.summary = suite.summary;
  for (const v1::Experiment& experiment : suite.experiments) {
    EK_ASSIGN_OR_RETURN(Evaluation evaluation, EvaluateScenario(request, experiment));
    if (request.done) request.done(evaluation);
    recording.evaluations.push_back(std::move(evaluation));
  }
  return recording;
}

std::string RenderSummary(const Recording& recording) {
  std::vector<std::vector<std::string>> lines = {{"mean jct / bound"}};
  for (const Evaluation& evaluation : recording.evaluations) lines[0].push_back(evaluation.experiment);
  for (const std::string& label : ReadingOrder(recording)) {
    lines.push_back({label});
    for (const Evaluation& evaluation : recording.evaluations)
      lines.back().push_back(Cell(evaluation, label));
  }
  std::string text;
  for (const std::vector<std::string>& line : lines) {
    for (size_t c = 0; c < line.size(); ++c) {
      size_t width = 0;
      for (const std::vector<std::string>& other : lines) width = std::max(width, other[c].size());
      const std::string padding(width - line[c].size(), ' ');
      absl::StrAppend(&text, c == 0 ? line[c] + padding : absl::StrCat("  ", padding, line[c]));
    }
    text.push_back('\n');
  }
  return text + "The bound is the better of the rows that cheat; in brackets: rejected flows, %.\n";
}

}  // namespace evenkeel
