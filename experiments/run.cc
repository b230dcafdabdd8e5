#include "experiments/run.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "algorithms/registry.h"
#include "common/durable_file.h"
#include "common/named_thread.h"
#include "common/status_macros.h"
#include "common/update_schedule.h"
#include "experiments/local_launcher.h"
#include "experiments/policy_search.h"
#include "experiments/progress_view.h"
#include "experiments/report.h"
#include "experiments/signal_pipe.h"
#include "experiments/topology.h"
#include "lb_shim/sim_world.h"
#include "learner/policy_file.h"

namespace evenkeel {
namespace {

using nlohmann::json;

constexpr char kResultFile[] = "RESULT.json";

bool Learned(const AlgorithmInfo& algorithm) { return algorithm.kind == AlgorithmKind::kLearned; }

// Of the whole run; for a searched algorithm its generations.
uint64_t UpdatesDue(const v1::Experiment& experiment) {
  const absl::StatusOr<const AlgorithmInfo*> algorithm = FindAlgorithm(experiment.algorithm().name());
  if (algorithm.ok() && IsSearched(**algorithm)) return experiment.algorithm().es().generations();
  const v1::Training& training = experiment.training();
  const UpdateSchedule schedule{training.warmup_episodes(), training.updates_per_episode()};
  return schedule.UpdatesDue(training.episodes());
}

bool Trained(const v1::Experiment& experiment, const AlgorithmInfo& algorithm, const std::string& folder,
             uint64_t episodes_done) {
  if (episodes_done < experiment.training().episodes()) return false;
  return !Learned(algorithm) || ReadPolicyFile(TrainedPolicyPath(experiment, folder)).ok();
}

std::string StateOf(SupervisionOutcome outcome) {
  switch (outcome) {
    case SupervisionOutcome::kFinished:
      return "trained";
    case SupervisionOutcome::kInterrupted:
    case SupervisionOutcome::kPreempted:
      return "stopped";
    case SupervisionOutcome::kFailed:
      return "failed";
  }
  return "failed";
}

RestartRules RulesOf(const v1::Recovery& recovery) {
  RestartRules rules;
  rules.max_restarts = static_cast<int>(recovery.max_restarts());
  rules.window = absl::Seconds(recovery.window_seconds());
  rules.backoff = absl::Seconds(recovery.backoff_seconds());
  rules.max_backoff = absl::Seconds(recovery.max_backoff_seconds());
  return rules;
}

// Those that ask for a stop, and `more`. A hang-up is left alone where it was to be ignored (nohup).
std::vector<int> StopSignals(std::vector<int> more) {
  more.insert(more.end(), {SIGINT, SIGTERM, SIGUSR1});
  struct sigaction now;
  if (::sigaction(SIGHUP, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) more.push_back(SIGHUP);
  return more;
}

void SayRestart(const ProcessEnd& end, absl::Duration pause, const std::string& log_path, std::ostream* log) {
  *log << "evenkeel: warning: " << DescribeEnd(end) << "; starts again in " << absl::FormatDuration(pause) << "; see "
       << log_path << "\n";
}

void SayStopping(int signal, std::ostream* log) {
  *log << "evenkeel: stopping: every process saves its state" << (signal == SIGINT ? " (Ctrl-C again kills them)" : "")
       << "\n";
}

// A service that starts again listens where it did, so that those who talk to it find it again.
std::vector<std::string> AddressAgain(const std::string& name, const std::string& run_folder) {
  const absl::StatusOr<std::string> published = ReadFile(absl::StrCat(run_folder, "/endpoints/", name));
  if (!published.ok()) return {};
  return {absl::StrCat("--listen=", absl::StripAsciiWhitespace(*published))};
}

// The processes of one attempt, from start to the last end.
class Attempt {
 public:
  Attempt(const v1::Experiment& experiment, const AlgorithmInfo& algorithm, RunFolder* folder,
          const RunContext& context)
      : experiment_(experiment), algorithm_(algorithm), folder_(folder), context_(context) {}

  absl::StatusOr<TrainingReport> Run(bool resume, ProgressView* view) {
    EK_ASSIGN_OR_RETURN(const std::string logs, folder_->BeginAttempt());
    ::unlink(folder_->File(kResultFile).c_str());  // its presence says that the run is finished
    SignalPipe signals(StopSignals({SIGCHLD}));
    LocalLauncher launcher(logs);
    TopologyOptions options{context_.program, folder_->path(), Learned(algorithm_), resume, context_.share};
    for (const ProcessSpec& spec : PlanProcesses(experiment_, options))
      EK_RETURN_IF_ERROR(launcher.Start(spec));
    const Supervision supervision = Supervise(&launcher, &signals, Options(&launcher, view), context_.clock);
    view->Update();
    view->Clear();
    for (const ProcessEnd& end : supervision.unclean) {
      *context_.log << "evenkeel: warning: " << end.name << " did not stop cleanly ("
                    << (end.signal != 0 ? absl::StrCat("signal ", end.signal)
                                        : absl::StrCat("exit code ", end.exit_code))
                    << "); see " << launcher.LogPath(end.name) << "\n";
    }
    TrainingReport report;
    report.outcome = supervision.outcome;
    if (supervision.outcome == SupervisionOutcome::kFailed) report.problem = supervision.cause;
    return report;
  }

 private:
  SupervisionOptions Options(LocalLauncher* launcher, ProgressView* view) {
    SupervisionOptions options;
    options.finished = [this, launcher] {
      if (!launcher->succeeded("coordinator")) return false;
      return !Learned(algorithm_) || launcher->succeeded("learner") ||
             ReadPolicyFile(TrainedPolicyPath(experiment_, folder_->path())).ok();
    };
    options.tick = [view] { view->Update(); };
    options.restarts = RulesOf(experiment_.recovery());
    options.restarting = [this, launcher, view](const ProcessEnd& end, absl::Duration pause) {
      view->Clear();
      SayRestart(end, pause, launcher->LogPath(end.name), context_.log);
    };
    options.restart_arguments = [this](const std::string& name) { return AddressAgain(name, folder_->path()); };
    options.stopping = [this, view](int signal) {
      view->Clear();
      SayStopping(signal, context_.log);
    };
    return options;
  }

  const v1::Experiment& experiment_;
  const AlgorithmInfo& algorithm_;
  RunFolder* const folder_;
  const RunContext& context_;
};

// A search, in this process. Not to be used twice at once: it catches signals.
class SearchAttempt {
 public:
  SearchAttempt(const v1::Experiment& experiment, RunFolder* folder, const RunContext& context)
      : experiment_(experiment), folder_(folder), context_(context) {}

  absl::StatusOr<TrainingReport> Run(bool resume) {
    EK_RETURN_IF_ERROR(folder_->BeginAttempt().status());
    ::unlink(folder_->File(kResultFile).c_str());
    SignalPipe signals(StopSignals({}));
    std::atomic<bool> done{false};
    std::atomic<int> signal{0};
    NamedThread watcher("signals", [&] {
      while (!done && signal == 0) signal = signals.Wait(absl::Milliseconds(50)).value_or(0);
    });
    PolicySearchOptions options;
    options.experiment = &experiment_;
    options.scenarios = context_.scenarios;
    if (options.scenarios.empty()) options.scenarios = {experiment_};
    options.run_folder = folder_->path();
    options.resume = resume;
    options.go_on = [&signal] { return signal == 0; };
    options.progress = [this](const SearchProgress& progress) { Show(progress); };
    const absl::Status searched = SearchPolicy(options);
    done = true;
    if (context_.terminal) *context_.log << "\r\033[K" << std::flush;
    TrainingReport report;
    if (absl::IsCancelled(searched) && signal != 0) {
      report.outcome = signal == SIGINT ? SupervisionOutcome::kInterrupted : SupervisionOutcome::kPreempted;
      return report;
    }
    EK_RETURN_IF_ERROR(searched);
    return report;
  }

 private:
  void Show(const SearchProgress& progress) const {
    *context_.log << (context_.terminal ? "\r\033[K" : "")
                  << absl::StrFormat("generation %d/%d   cost %.4f (best %.4f)   step %.3f", progress.generation,
                                     experiment_.algorithm().es().generations(), progress.mean_cost, progress.best_cost,
                                     progress.step)
                  << (context_.terminal ? "" : "\n") << std::flush;
  }

  const v1::Experiment& experiment_;
  RunFolder* const folder_;
  const RunContext& context_;
};

json NumberOrNull(double value) { return std::isfinite(value) ? json(value) : json(nullptr); }

json ResultRow(const EvaluationRow& row) {
  return {{"label", row.label},
          {"algorithm", row.algorithm},
          {"jct_mean_s", NumberOrNull(row.jct_mean_s.value)},
          {"jct_p50_s", NumberOrNull(row.jct_p50_s)},
          {"jct_p90_s", NumberOrNull(row.jct_p90_s)},
          {"jct_p99_s", NumberOrNull(row.jct_p99_s)},
          {"flows_finished", row.flows_finished},
          {"flows_rejected", row.flows_rejected},
          {"versus_baseline_percent", NumberOrNull(row.versus_baseline_percent.value)}};
}

// Errors of a policy that does not fit say so, whoever found it.
absl::Status AsIncompatible(const absl::Status& status, const std::string& policy_path) {
  if (status.ok() || policy_path.empty() || !absl::IsInvalidArgument(status)) return status;
  return absl::FailedPreconditionError(absl::StrCat(policy_path, ": ", status.message()));
}

// Writes down how the training ended.
absl::StatusOr<TrainingReport> Recorded(absl::StatusOr<TrainingReport> report, RunFolder* folder) {
  const std::string state = report.ok() ? StateOf(report->outcome) : "failed";
  const std::string detail = !report.ok()                  ? std::string(report.status().message())
                             : report->problem.has_value() ? report->problem->message
                                                           : "";
  const absl::Status written = folder->WriteState(state, detail);
  if (report.ok() && report->outcome == SupervisionOutcome::kFinished) EK_RETURN_IF_ERROR(written);
  return report;
}

absl::StatusOr<TrainingReport> TrainBySearch(const v1::Experiment& experiment, RunFolder* folder, bool resume,
                                             const RunContext& context) {
  if (resume && ReadPolicyFile(TrainedPolicyPath(experiment, folder->path())).ok()) return TrainingReport();
  EK_RETURN_IF_ERROR(folder->WriteState("running", ""));
  return Recorded(SearchAttempt(experiment, folder, context).Run(resume), folder);
}

}  // namespace

absl::Status CheckWorlds(const v1::Experiment& experiment) {
  for (const bool held_out : {false, true}) {
    WorldSeed seed;
    seed.trace_seed = held_out ? experiment.evaluation().first_seed() : 0;
    seed.held_out = held_out;
    const absl::Status status = SimWorld::Create(experiment, seed).status();
    const bool trace = !experiment.workload().trace().path().empty();
    // The rules have passed the configuration; what is wrong now is the file.
    if (trace && (absl::IsInvalidArgument(status) || absl::IsDataLoss(status)))
      return absl::NotFoundError(status.message());
    EK_RETURN_IF_ERROR(status);
  }
  return absl::OkStatus();
}

std::string TrainedPolicyPath(const v1::Experiment& experiment, const std::string& run_folder) {
  return PolicyFilePath(run_folder, UpdatesDue(experiment));
}

absl::StatusOr<TrainingReport> Train(const v1::Experiment& experiment, const AlgorithmInfo& algorithm,
                                     RunFolder* folder, bool resume, const RunContext& context) {
  if (IsSearched(algorithm)) return TrainBySearch(experiment, folder, resume, context);
  ProgressViewOptions options;
  options.run_folder = folder->path();
  options.episodes = experiment.training().episodes();
  options.updates = Learned(algorithm) ? UpdatesDue(experiment) : 0;
  options.terminal = context.terminal;
  ProgressView view(options, context.log, context.clock);
  if (Trained(experiment, algorithm, folder->path(), view.episodes_done())) return TrainingReport();

  EK_RETURN_IF_ERROR(folder->WriteState("running", ""));
  return Recorded(Attempt(experiment, algorithm, folder, context).Run(resume, &view), folder);
}

absl::StatusOr<TrainingReport> PlayAgents(const v1::Experiment& experiment, const AlgorithmInfo& algorithm,
                                          const std::string& run_folder, const RunContext& context) {
  const std::string logs = absl::StrCat(run_folder, "/hosts/", context.share.rank);
  EK_RETURN_IF_ERROR(MakeFolders(logs));
  SignalPipe signals(StopSignals({SIGCHLD}));
  LocalLauncher launcher(logs);
  const std::vector<ProcessSpec> plan =
      PlanProcesses(experiment, {context.program, run_folder, Learned(algorithm), /*resume=*/true, context.share});
  for (const ProcessSpec& spec : plan) EK_RETURN_IF_ERROR(launcher.Start(spec));
  SupervisionOptions options;
  options.finished = [&] {
    return std::all_of(plan.begin(), plan.end(), [&](const ProcessSpec& spec) { return launcher.succeeded(spec.name); });
  };
  options.restarts = RulesOf(experiment.recovery());
  options.restarts.lost_peer_is_final = true;
  options.restarting = [&](const ProcessEnd& end, absl::Duration pause) {
    SayRestart(end, pause, launcher.LogPath(end.name), context.log);
  };
  options.stopping = [&](int signal) { SayStopping(signal, context.log); };
  const Supervision supervision = Supervise(&launcher, &signals, options, context.clock);
  TrainingReport report;
  report.outcome = supervision.outcome;
  if (supervision.outcome == SupervisionOutcome::kFailed) report.problem = supervision.cause;
  return report;
}

absl::StatusOr<Evaluation> EvaluateAgainstControls(const v1::Experiment& experiment,
                                                   const AlgorithmInfo& algorithm,
                                                   const std::string& policy_path,
                                                   const RunContext& context) {
  EK_ASSIGN_OR_RETURN(std::vector<Entrant> entrants, DefaultEntrants(experiment));
  const bool present = std::any_of(entrants.begin(), entrants.end(), [&](const Entrant& entrant) {
    return entrant.algorithm == algorithm.name;
  });
  if (!present) {
    Entrant entrant{algorithm.name, algorithm.name, std::nullopt};
    if (Learned(algorithm)) {
      absl::StatusOr<v1::PolicyParameters> policy = ReadPolicyFile(policy_path);
      if (!policy.ok()) return AsIncompatible(policy.status(), policy_path);
      entrant.parameters = *std::move(policy);
    }
    entrants.insert(entrants.begin(), std::move(entrant));
  }
  EvaluationRequest request;
  request.experiment = &experiment;
  request.entrants = std::move(entrants);
  if (context.terminal) {
    request.progress = [&context](double share) {
      *context.log << absl::StrFormat("\r\033[Kevaluating %3.0f %%", share * 100) << std::flush;
    };
  }
  absl::StatusOr<Evaluation> evaluation = Evaluate(request);
  if (context.terminal) *context.log << "\r\033[K" << std::flush;
  if (!evaluation.ok()) return AsIncompatible(evaluation.status(), policy_path);
  return evaluation;
}

absl::Status WriteResults(const Evaluation& evaluation, const v1::Experiment& experiment,
                          const AlgorithmInfo& algorithm, RunFolder* folder) {
  EK_RETURN_IF_ERROR(WriteFileDurably(folder->File("evaluation.json"), RenderJson(evaluation)));
  EK_RETURN_IF_ERROR(WriteFileDurably(folder->File("evaluation.csv"), RenderCsv(evaluation)));
  EK_RETURN_IF_ERROR(WriteFileDurably(folder->File("evaluation.txt"), RenderTable(evaluation)));
  json result = {{"experiment", experiment.name()}, {"algorithm", algorithm.name},
                 {"seed", experiment.seed()},       {"episodes", experiment.training().episodes()},
                 {"baseline", evaluation.baseline}, {"rows", json::array()}};
  if (Learned(algorithm)) {
    result["updates"] = UpdatesDue(experiment);
    result["policy"] = TrainedPolicyPath(experiment, folder->path());
  }
  for (const EvaluationRow& row : evaluation.rows) result["rows"].push_back(ResultRow(row));
  EK_RETURN_IF_ERROR(WriteFileDurably(folder->File(kResultFile), result.dump(2) + "\n"));
  return folder->WriteState("finished", "");
}

}  // namespace evenkeel
