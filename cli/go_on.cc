#include "cli/go_on.h"

#include <unistd.h>

#include <iostream>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "algorithms/registry.h"
#include "cli/exit_codes.h"
#include "cli/version.h"
#include "common/durable_file.h"
#include "common/status_macros.h"
#include "experiments/message_leaves.h"
#include "experiments/policy_search.h"
#include "experiments/progress_view.h"
#include "experiments/static_exponent.h"
#include "experiments/suite.h"

namespace evenkeel {
namespace {

// As it was typed.
std::vector<std::string> CommandLine() {
  return absl::StrSplit(ReadFile("/proc/self/cmdline").value_or(""), '\0', absl::SkipEmpty());
}

RunIdentity MakeIdentity(const RunContext& context) {
  char host[256] = "";
  ::gethostname(host, sizeof(host) - 1);
  const absl::Time now = context.clock->Now();
  RunIdentity identity;
  identity.id =
      absl::StrCat(absl::FormatTime("%Y%m%dT%H%M%E3S", now, absl::UTCTimeZone()), "-", host, "-", ::getpid());
  identity.command = CommandLine();
  identity.version = kVersion;
  identity.host = host;
  identity.created = absl::FormatTime(absl::RFC3339_sec, now, absl::UTCTimeZone());
  return identity;
}

std::string Headline(const OpenRun& run, const AlgorithmInfo& algorithm) {
  const v1::Experiment& experiment = run.config.values;
  uint64_t servers = 0;
  for (const v1::ServerGroup& group : experiment.topology().servers()) servers += group.count();
  const bool simulated = experiment.training().clock() == v1::Training::SIMULATED;
  const bool trace = !experiment.workload().trace().path().empty();
  return absl::StrCat("run ", run.folder->path(), "   ", algorithm.name, "   ", experiment.topology().lbs(),
                      " LBs  ", servers, " servers  ",
                      trace ? absl::StrCat("trace ", experiment.workload().trace().path())
                            : absl::StrCat(experiment.workload().flows_per_second(), " flows/s"),
                      "   ", simulated ? "simulated" : "wall", " clock   seed ", experiment.seed(), "\n");
}

int Stopped(const TrainingReport& report, const OpenRun& run) {
  const bool interrupted = report.outcome == SupervisionOutcome::kInterrupted;
  std::cerr << "evenkeel: stopped; continue with: " << CommandLine()[0] << " resume " << run.folder->path()
            << "\n";
  return interrupted ? kExitInterrupted : kExitPreempted;
}

void SayWhatNext(const OpenRun& run, const AlgorithmInfo& algorithm) {
  const std::string& path = run.folder->path();
  const std::string program = CommandLine()[0];
  std::cerr << "run folder  " << path << "\n";
  if (algorithm.kind == AlgorithmKind::kLearned) {
    std::cerr << "policy      " << TrainedPolicyPath(run.config.values, path) << "\n";
  }
  std::cerr << "next        " << program << " eval " << path
            << " --seeds 20     the same table over more traces\n"
            << "            " << program << " run paper/moderate --algo=" << algorithm.name
            << "     the paper's moderate scale\n"
            << "            " << program << " algos     what else --algo takes\n";
}

// The scenarios of training.suite, each of which makes a world; none if it is not set. False: problems were printed and
// *exit_code is set.
bool LoadScenarios(const v1::Experiment& experiment, std::vector<v1::Experiment>* scenarios, int* exit_code) {
  if (!experiment.training().has_suite() || experiment.training().suite().empty()) return true;
  SuiteSources sources;
  sources.suite = experiment.training().suite();
  sources.algorithms = RegisteredAlgorithms();
  std::vector<Problem> problems;
  const std::optional<ResolvedSuite> suite = ResolveSuite(sources, &problems);
  if (!suite) {
    *exit_code = Fail(problems);
    return false;
  }
  for (const v1::Experiment& scenario : suite->experiments) {
    const absl::Status ready = CheckWorlds(scenario);
    if (ready.ok()) continue;
    *exit_code = Fail(absl::Status(ready.code(), absl::StrCat("suite ", suite->name, ", scenario ", scenario.name(), ": ",
                                                              ready.message())));
    return false;
  }
  *scenarios = suite->experiments;
  return true;
}

// The stored results of a run that is finished.
int ShowFinished(const RunFolder& folder, OutputFormat format) {
  const std::map<OutputFormat, std::string> files = {{OutputFormat::kTable, "evaluation.txt"},
                                                     {OutputFormat::kJson, "evaluation.json"},
                                                     {OutputFormat::kCsv, "evaluation.csv"}};
  const absl::StatusOr<std::string> text = ReadFile(folder.File(files.at(format)));
  if (!text.ok()) return Fail(text.status());
  std::cerr << folder.path() << " is finished; its results:\n";
  std::cout << *text;
  return kExitDone;
}

// Fixes what sed_static searches for, so that the run's actors and its evaluation play the same ratio.
absl::Status FixStaticExponent(ConfigLayer* config) {
  v1::Algorithm* const algorithm = config->values.mutable_algorithm();
  if (algorithm->name() != "sed_static" || algorithm->sed_static().has_exponent()) return absl::OkStatus();
  EK_ASSIGN_OR_RETURN(const double exponent, ChooseStaticExponent(config->values, [] { return true; }));
  algorithm->mutable_sed_static()->set_exponent(exponent);
  config->origins["algorithm.sed_static.exponent"] = "searched on training traces";
  return absl::OkStatus();
}

// The folder of a new run.
int Create(ConfigLayer config, const std::string& path, OpenRun* run) {
  absl::StatusOr<std::unique_ptr<RunFolder>> folder = RunFolder::Create(path, config, MakeIdentity(MakeRunContext()));
  if (!folder.ok()) return Fail(folder.status());
  run->folder = *std::move(folder);
  run->config = std::move(config);
  return kExitDone;
}

}  // namespace

int TakeOver(const std::string& path, const std::function<std::optional<ConfigLayer>(const v1::Experiment&, std::vector<Problem>*)>& change,
             OpenRun* run) {
  absl::StatusOr<std::unique_ptr<RunFolder>> folder = RunFolder::Open(path);
  if (!folder.ok()) return Fail(folder.status());
  const absl::StatusOr<v1::Experiment> stopped = ReadResolvedExperiment((*folder)->File("config.textproto"));
  if (!stopped.ok()) return Fail(stopped.status());
  std::vector<Problem> problems;
  std::optional<ConfigLayer> config = change(*stopped, &problems);
  if (!config || !problems.empty()) return Fail(problems);
  const bool changed = !DifferingPaths(*stopped, config->values).empty();
  const absl::Status written = changed ? (*folder)->WriteConfig(*config) : absl::OkStatus();
  if (!written.ok()) return Fail(written);
  run->folder = *std::move(folder);
  run->config = *std::move(config);
  run->resume = true;
  run->finished = !changed && ReadState(path) == "finished";
  return kExitDone;
}

int Prepare(const ExperimentFlags& flags, const std::string& out, ResumePolicy resume, OpenRun* run) {
  std::vector<Problem> problems;
  std::optional<ConfigLayer> config = Resolve(flags, &problems);
  if (!config) return Fail(problems);
  absl::Status ready = CheckWorlds(config->values);
  if (ready.ok()) ready = FixStaticExponent(&*config);
  if (!ready.ok()) return Fail(ready);
  std::vector<v1::Experiment> scenarios;
  if (int exit_code; !LoadScenarios(config->values, &scenarios, &exit_code)) return exit_code;
  if (config->values.algorithm().name() == "es") {
    if (scenarios.empty()) scenarios = {config->values};
    const absl::Status fitting = CheckKnotScenarios(config->values, scenarios);
    if (!fitting.ok()) return Fail(fitting);
  }
  const std::string path = out.empty() ? DefaultRunFolder(config->values) : out;
  if (resume == ResumePolicy::kMust && !IsRunFolder(path)) {
    return Fail(absl::NotFoundError(absl::StrCat(path, " is no run folder, and --resume=must was given")));
  }
  if (resume == ResumePolicy::kNever || !IsRunFolder(path)) return Create(*std::move(config), path, run);
  return TakeOver(path, [&](const v1::Experiment& stopped, std::vector<Problem>* changes) {
    CheckResumableChange(stopped, config->values, changes);
    return config;
  }, run);
}

int GoOn(OpenRun run, OutputFormat format) {
  if (run.finished) return ShowFinished(*run.folder, format);
  RunContext context = MakeRunContext();
  context.share = run.share;
  const v1::Experiment& experiment = run.config.values;
  if (int exit_code; !LoadScenarios(experiment, &context.scenarios, &exit_code)) return exit_code;
  const absl::StatusOr<const AlgorithmInfo*> algorithm = FindAlgorithm(experiment.algorithm().name());
  if (!algorithm.ok()) return Fail(algorithm.status());
  std::cerr << Headline(run, **algorithm);

  const absl::Time begin = context.clock->Now();
  const absl::StatusOr<TrainingReport> report =
      Train(experiment, **algorithm, run.folder.get(), run.resume, context);
  if (!report.ok()) return Fail(report.status());
  if (report->problem.has_value()) {
    std::cerr << RenderProblem(*report->problem);
    return ExitCodeOf(*report->problem);
  }
  if (report->outcome != SupervisionOutcome::kFinished) return Stopped(*report, run);
  std::cerr << (IsSearched(**algorithm) ? absl::StrCat("searched ", experiment.algorithm().es().generations(), " generations")
                                        : absl::StrCat("played ", experiment.training().episodes(), " episodes"))
            << " in " << ShortDuration(context.clock->Now() - begin) << "; evaluating on held-out traces\n";

  const std::string policy =
      (*algorithm)->kind == AlgorithmKind::kLearned ? TrainedPolicyPath(experiment, run.folder->path()) : "";
  const absl::StatusOr<Evaluation> evaluation =
      EvaluateAgainstControls(experiment, **algorithm, policy, context);
  if (!evaluation.ok()) return Fail(evaluation.status());
  const absl::Status written = WriteResults(*evaluation, experiment, **algorithm, run.folder.get());
  if (!written.ok()) return Fail(written);
  std::cout << RenderEvaluation(*evaluation, format) << std::flush;
  std::cerr << "done in " << ShortDuration(context.clock->Now() - begin) << "\n";
  SayWhatNext(run, **algorithm);
  return kExitDone;
}

}  // namespace evenkeel
