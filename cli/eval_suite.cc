#include "cli/eval_suite.h"

#include <cmath>
#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "common/durable_file.h"
#include "experiments/evaluation_json.h"
#include "experiments/recording.h"
#include "experiments/report.h"
#include "experiments/suite.h"
#include "experiments/suite_evaluation.h"
#include "learner/policy_file.h"

namespace evenkeel {
namespace {

using nlohmann::ordered_json;

std::optional<ResolvedSuite> Resolve(const SuiteFlags& flags, std::vector<Problem>* problems) {
  const char* environment = std::getenv("EVENKEEL_SET");
  SuiteSources sources;
  sources.suite = flags.suite;
  sources.policies = flags.controls;
  sources.environment_set = environment == nullptr ? "" : environment;
  sources.set = flags.set;
  sources.algorithms = RegisteredAlgorithms();
  return ResolveSuite(sources, problems);
}

// `argument`: FILE or LABEL=FILE. A path with a '=' begins with "./" or "/".
absl::StatusOr<Entrant> ReadEntrant(const std::string& argument) {
  const size_t equals = argument.find('=');
  const bool labelled = equals != std::string::npos && argument.find('/') > equals;
  const absl::StatusOr<v1::PolicyParameters> policy =
      ReadPolicy(labelled ? argument.substr(equals + 1) : argument);
  if (!policy.ok()) return policy.status();
  return Entrant{labelled ? argument.substr(0, equals) : policy->algorithm(), policy->algorithm(), *policy};
}

ordered_json Known(double value) {
  return std::isfinite(value) ? ordered_json(value) : ordered_json(nullptr);
}

ResultTable LongTable(const Recording& recording) {
  ResultTable table;
  table.columns = {"scenario",
                   "policy",
                   "kind",
                   "training_seeds",
                   "jct_mean_s",
                   "jct_mean_low_s",
                   "jct_mean_high_s",
                   "jct_p50_s",
                   "jct_p90_s",
                   "jct_p99_s",
                   "rejected_share",
                   "versus_baseline_percent",
                   "gap_closed_percent",
                   "over_bound_percent"};
  for (const Evaluation& evaluation : recording.evaluations) {
    for (const EvaluationRow& row : evaluation.rows) {
      table.rows.push_back({evaluation.experiment, row.label, KindName(row.kind), row.training_seeds,
                            Known(row.jct_mean_s.value), Known(row.jct_mean_s.low),
                            Known(row.jct_mean_s.high), Known(row.jct_p50_s), Known(row.jct_p90_s),
                            Known(row.jct_p99_s), Known(RejectedShare(row)),
                            Known(row.versus_baseline_percent.value), Known(row.gap_closed_percent),
                            Known(row.over_bound_percent)});
    }
  }
  return table;
}

std::string Title(const std::string& suite, const Evaluation& evaluation) {
  return absl::StrCat("== ", suite, ": ", evaluation.experiment, " ==\n");
}

}  // namespace

absl::StatusOr<v1::PolicyParameters> ReadPolicy(const std::string& path) {
  absl::StatusOr<v1::PolicyParameters> policy = ReadPolicyFile(path);
  if (absl::IsInvalidArgument(policy.status()))
    return absl::FailedPreconditionError(policy.status().message());
  return policy;
}

int EvaluateSuite(const SuiteFlags& flags) {
  std::vector<Problem> problems;
  const std::optional<ResolvedSuite> suite = Resolve(flags, &problems);
  if (!suite.has_value()) return Fail(problems);
  SuiteEvaluationRequest request;
  request.suite = &*suite;
  for (const std::string& argument : flags.policies) {
    absl::StatusOr<Entrant> entrant = ReadEntrant(argument);
    if (!entrant.ok()) return Fail(entrant.status());
    request.policies.push_back(*std::move(entrant));
  }
  const bool terminal = MakeRunContext().terminal;
  if (terminal) {
    request.progress = [](const std::string& scenario, double share_done) {
      std::cerr << absl::StrFormat("\r\033[K%s %3.0f %%", scenario, share_done * 100) << std::flush;
    };
  }
  request.done = [&](const Evaluation& evaluation) {
    if (terminal) std::cerr << "\r\033[K" << std::flush;
    if (flags.format == OutputFormat::kTable)
      std::cout << Title(suite->name, evaluation) << RenderTable(evaluation) << std::endl;
  };
  const absl::StatusOr<Recording> recording = EvaluateSuite(request);
  if (!recording.ok()) return Fail(recording.status());
  if (flags.format == OutputFormat::kTable) std::cout << RenderSummary(*recording);
  if (flags.format == OutputFormat::kJson) std::cout << RenderRecording(*recording);
  if (flags.format == OutputFormat::kCsv) std::cout << Render(LongTable(*recording), flags.format);
  if (flags.out.empty()) return kExitDone;
  absl::Status written = MakeFolders(flags.out);
  if (written.ok())
    written =
        WriteFileDurably(absl::StrCat(flags.out, "/", suite->name, ".json"), RenderRecording(*recording));
  return written.ok() ? kExitDone : Fail(written);
}

}  // namespace evenkeel
