#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/go_on.h"
#include "cli/subprocess.h"
#include "common/durable_file.h"
#include "common/status_macros.h"
#include "experiments/launch/kubernetes.h"
#include "experiments/launch/slurm.h"
#include "experiments/launch/ssh.h"
#include "experiments/local_launcher.h"
#include "experiments/signal_pipe.h"
#include "experiments/supervisor.h"

namespace evenkeel {
namespace {

constexpr absl::Duration kPoll = absl::Seconds(2);

struct LaunchFlags {
  std::string experiment;
  std::string engine;
  std::vector<std::string> algorithms;
  std::string seeds;
  std::vector<std::string> set;
  std::string out = "runs";
  std::string hosts = "1";  // how many; ssh: their names
  std::string tls;
  bool print = false;
  bool detach = false;
  LaunchRequest request;
};

// "1-3,7" -> 1 2 3 7.
absl::StatusOr<std::vector<uint64_t>> ParseSeeds(const std::string& text) {
  std::vector<uint64_t> seeds;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    const std::vector<std::string> ends = absl::StrSplit(part, '-');
    uint64_t first = 0, last = 0;
    const bool numbers = ends.size() <= 2 && absl::SimpleAtoi(ends.front(), &first) && absl::SimpleAtoi(ends.back(), &last);
    if (!numbers || last < first || last - first > 10000)
      return absl::InvalidArgumentError(absl::StrCat("--seed ", text, ": expected numbers and ranges, as in 1-5,9"));
    for (uint64_t seed = first; seed <= last; ++seed) seeds.push_back(seed);
  }
  return seeds;
}

std::string Absolute(const std::string& path) {
  return path.empty() ? "" : std::filesystem::absolute(path).lexically_normal().string();
}

// A job's name may hold letters, digits and '-' alone.
std::string JobName(const std::string& experiment) {
  std::string name = "evenkeel-" + experiment;
  for (char& letter : name) letter = absl::ascii_isalnum(letter) ? absl::ascii_tolower(letter) : '-';
  return name;
}

// Makes the folders of all runs, and names them in the request. What is wrong with one is told before any is made twice.
int PrepareRuns(const LaunchFlags& flags, LaunchRequest* request) {
  const absl::StatusOr<std::vector<uint64_t>> seeds = ParseSeeds(flags.seeds);
  if (!seeds.ok()) return Fail(seeds.status());
  std::vector<std::string> algorithms = flags.algorithms;
  if (algorithms.empty()) algorithms.push_back("");
  for (const std::string& algorithm : algorithms) {
    for (const uint64_t seed : *seeds) {
      ExperimentFlags experiment;
      experiment.experiment = flags.experiment;
      if (!algorithm.empty()) experiment.algorithm = algorithm;
      experiment.seed = seed;
      experiment.set = flags.set;
      std::vector<Problem> problems;
      const std::optional<ConfigLayer> config = Resolve(experiment, &problems);
      if (!config) return Fail(problems);
      const std::string folder = absl::StrCat(flags.out, "/", config->values.name(), "/", config->values.algorithm().name(), "-s", seed);
      OpenRun run;
      const int exit_code = Prepare(experiment, folder, ResumePolicy::kAuto, &run);
      if (exit_code != kExitDone) return exit_code;
      request->runs.push_back(Absolute(folder));
      request->name = JobName(config->values.name());
    }
  }
  return kExitDone;
}

absl::Status CheckRequest(const LaunchRequest& request, const std::string& engine) {
  if (request.hosts < 1) return absl::InvalidArgumentError("--hosts is less than 1");
  const bool secured = engine == "kubernetes" ? !request.tls_secret.empty() : !request.tls_folder.empty();
  if (request.hosts > 1 && !secured) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the hosts talk over the network, which needs certificates: make them with `evenkeel certs DIR` and give ",
        engine == "kubernetes" ? "their secret with --tls-secret NAME" : "--tls DIR (a folder that every host sees)"));
  }
  if (engine == "kubernetes" && (request.image.empty() || request.volume_claim.empty() || request.volume_path.empty())) {
    return absl::InvalidArgumentError(
        "give --image (it holds evenkeel), --volume-claim and --volume-path (where the run folders are, here and in the pods)");
  }
  return absl::OkStatus();
}

std::string ProgramPath() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

// ---- Slurm ----

bool Finished(const std::string& run) { return ReadState(run) == "finished"; }

void SayWhatNext(const LaunchRequest& request, uint64_t job) {
  std::cerr << "job        " << job << " (" << request.runs.size() << " runs of " << request.hosts << " hosts)\n"
            << "watch      squeue --jobs=" << job << "\n"
            << "logs       tail -F " << request.log_folder << "/slurm-" << job << "*.log\n"
            << "stop       scancel " << job << "     the runs can be launched again: the same command goes on\n"
            << "results    evenkeel eval " << request.runs[0] << "\n";
}

// Tells each change of a task's state until none is left in the queue, however long the controller is away meanwhile; Ctrl-C
// leaves the job alone.
int StreamStatus(const LaunchRequest& request, uint64_t job) {
  SignalPipe signals({SIGINT, SIGTERM});
  std::map<int, std::string> told;
  bool away = false;
  while (true) {
    const absl::StatusOr<SubprocessResult> queue = RunSubprocess(
        {"squeue", "--noheader", "--array", absl::StrCat("--jobs=", job), "--format=%i %T %r"});
    if (!queue.ok()) return Fail(queue.status());
    const bool answered = SqueueAnswered(queue->exit_code, queue->err);
    if (!answered && !away) std::cerr << "evenkeel: warning: squeue: " << queue->err;
    away = !answered;
    const std::map<int, std::string> states = ParseSqueue(queue->out);
    for (const auto& [task, state] : states) {
      if (told[task] == state || task >= static_cast<int>(request.runs.size())) continue;
      std::cerr << absl::FormatTime("%H:%M:%S", absl::Now(), absl::LocalTimeZone()) << "  " << request.runs[task] << "  "
                << state << "\n";
      told[task] = state;
    }
    if (answered && states.empty()) break;
    if (signals.Wait(kPoll).has_value()) {
      std::cerr << "evenkeel: the job goes on\n";
      return kExitInterrupted;
    }
  }
  int unfinished = 0;
  for (const std::string& run : request.runs) {
    std::cerr << run << ": " << ReadState(run) << "\n";
    unfinished += Finished(run) ? 0 : 1;
  }
  return unfinished == 0 ? kExitDone : kExitFailed;
}

int LaunchOnSlurm(const LaunchFlags& flags, const LaunchRequest& request) {
  const std::string script = request.log_folder + "/" + request.name + ".sbatch";
  const absl::Status written = WriteFileDurably(script, RenderSlurmScript(request));
  if (!written.ok()) return Fail(written);
  const absl::StatusOr<SubprocessResult> submitted = RunSubprocess({"sbatch", "--parsable", script});
  if (!submitted.ok()) return Fail(submitted.status());
  if (submitted->exit_code != 0)
    return Fail(absl::UnavailableError(absl::StrCat("sbatch ", script, " failed: ", submitted->err)));
  const absl::StatusOr<uint64_t> job = ParseSbatch(submitted->out);
  if (!job.ok()) return Fail(job.status());
  SayWhatNext(request, *job);
  return flags.detach ? static_cast<int>(kExitDone) : StreamStatus(request, *job);
}

// ---- ssh ----

// What keeps hosts from taking their share.
std::vector<Problem> CheckHosts(const LaunchRequest& request, const std::vector<std::string>& hosts) {
  std::vector<Problem> problems;
  for (const std::string& host : hosts) {
    const absl::StatusOr<SubprocessResult> check = RunSubprocess(PlanSshCheck(request, host));
    if (check.ok() && check->exit_code == 0) continue;
    const bool reached = check.ok() && check->exit_code != 255;
    Problem problem;
    problem.code = reached ? "E0401" : "E0501";
    problem.message = absl::StrCat("host ", host, reached ? " lacks what its share needs" : " is not reached");
    problem.place = "--hosts";
    problem.advice = reached ? "evenkeel, certificates and runs must be at the same paths on every host"
                             : absl::StrCat("`ssh ", host, "` must work without a password");
    problem.excerpt = check.ok() ? absl::StrReplaceAll(check->err, {{"\r", ""}}) : std::string(check.status().message());
    problems.push_back(std::move(problem));
  }
  return problems;
}

int LaunchOverSsh(const LaunchRequest& request, const std::vector<std::string>& hosts) {
  const std::vector<Problem> problems = CheckHosts(request, hosts);
  if (!problems.empty()) return Fail(problems);
  for (const std::string& run : request.runs) {
    std::cerr << "run " << run << " on " << hosts.size() << " hosts; logs in " << run << "/ssh\n";
    const absl::Status made = MakeFolders(run + "/ssh");
    if (!made.ok()) return Fail(made);
    SignalPipe signals({SIGINT, SIGTERM, SIGUSR1, SIGCHLD});
    LocalLauncher launcher(run + "/ssh");
    const std::vector<ProcessSpec> plan = PlanSsh(request, run, hosts);
    for (const ProcessSpec& spec : plan) {
      const absl::Status started = launcher.Start(spec);
      if (!started.ok()) return Fail(started);
    }
    SupervisionOptions options;
    options.finished = [&] { return launcher.succeeded(plan[0].name); };
    options.restarts.max_restarts = request.max_requeues;
    options.restarting = [&](const ProcessEnd& end, absl::Duration pause) {
      std::cerr << "evenkeel: warning: " << DescribeEnd(end) << "; starts again in " << absl::FormatDuration(pause) << "\n";
    };
    const Supervision supervision = Supervise(&launcher, &signals, options, RealClock());
    if (supervision.outcome == SupervisionOutcome::kFinished) continue;
    if (supervision.outcome != SupervisionOutcome::kFailed) {
      std::cerr << "evenkeel: stopped; the same command goes on\n";
      return supervision.outcome == SupervisionOutcome::kInterrupted ? kExitInterrupted : kExitPreempted;
    }
    std::cerr << RenderProblem(supervision.cause);
    return ExitCodeOf(supervision.cause);
  }
  return kExitDone;
}

int Launch(const LaunchFlags& flags) {
  LaunchRequest request = flags.request;
  request.program = ProgramPath();
  std::vector<std::string> hosts;
  if (flags.engine == "ssh") {
    const absl::StatusOr<std::vector<std::string>> read = ReadHosts(flags.hosts);
    if (!read.ok()) return Fail(read.status());
    hosts = *read;
    request.hosts = static_cast<int>(hosts.size());
  } else if (!absl::SimpleAtoi(flags.hosts, &request.hosts)) {
    return Fail(absl::InvalidArgumentError(absl::StrCat("--hosts ", flags.hosts, ": expected how many")));
  }
  request.tls_folder = Absolute(flags.tls);
  request.log_folder = Absolute(flags.out);
  const absl::Status fit = CheckRequest(request, flags.engine);
  if (!fit.ok()) return Fail(fit);
  const int prepared = PrepareRuns(flags, &request);
  if (prepared != kExitDone) return prepared;

  if (flags.engine == "kubernetes") {
    std::cout << "# Apply with: kubectl apply -f THIS_FILE (it needs the JobSet controller).\n"
              << RenderYaml(JobSetManifest(request));
    return kExitDone;
  }
  if (flags.print) {
    if (flags.engine == "slurm") std::cout << RenderSlurmScript(request);
    for (const std::string& run : flags.engine == "ssh" ? request.runs : std::vector<std::string>()) {
      for (const ProcessSpec& spec : PlanSsh(request, run, hosts)) {
        for (const std::string& word : spec.arguments) std::cout << ShellQuoted(word) << " ";
        std::cout << "\n";
      }
    }
    return kExitDone;
  }
  return flags.engine == "slurm" ? LaunchOnSlurm(flags, request) : LaunchOverSsh(request, hosts);
}

}  // namespace

void AddLaunchCommand(CLI::App* app, int* exit_code) {
  CLI::App* launch = app->add_subcommand("launch", "run on a cluster: submit runs to an engine, and follow them");
  auto flags = std::make_shared<LaunchFlags>();
  LaunchRequest* const request = &flags->request;
  launch->add_option("EXP", flags->experiment, "a shipped experiment or a file")->required()->type_name("");
  launch->add_option("--on", flags->engine, "slurm, ssh, or kubernetes (prints a manifest)")
      ->required()
      ->check(CLI::IsMember({"slurm", "ssh", "kubernetes"}))
      ->type_name("ENGINE");
  launch->add_option("--algo", flags->algorithms, "algorithms, one run each (default: the experiment's)")
      ->delimiter(',')
      ->type_name("A,B");
  flags->seeds = "1";
  launch->add_option("--seed", flags->seeds, "seeds, one run each, e.g. 1-5,9 (default: 1)")->type_name("SEEDS");
  AddSetFlag(launch, &flags->set);
  launch->add_option("--out", flags->out, "where the run folders go, which every host must see (default: runs)")->type_name("DIR");
  launch->add_option("--hosts", flags->hosts, "hosts of each run (default: 1); ssh: their names, or a file of them")->type_name("N|A,B|FILE");
  launch->add_option("--tls", flags->tls, "certificates (evenkeel certs); needed with several hosts")->type_name("DIR");
  launch->add_option("--requeues", request->max_requeues, "new starts after failures (default: 20)")->type_name("N");
  launch->add_flag("--print", flags->print, "show what would be submitted, and submit nothing");
  launch->add_flag("--detach", flags->detach, "slurm: return when the job is submitted");
  launch->add_option("--partition", request->partition, "slurm")->type_name("NAME");
  launch->add_option("--time", request->time_limit, "slurm: time limit of one start")->type_name("TIME");
  launch->add_option("--sbatch", request->options, "slurm: one more option of sbatch; may be repeated")
      ->type_name("OPTION")
      ->allow_extra_args(false);
  launch->add_option("--image", request->image, "kubernetes: holds evenkeel")->type_name("IMAGE");
  launch->add_option("--volume-claim", request->volume_claim, "kubernetes: of the run folders")->type_name("NAME");
  launch->add_option("--volume-path", request->volume_path, "kubernetes: where it is mounted")->type_name("DIR");
  launch->add_option("--tls-secret", request->tls_secret, "kubernetes: ca.crt, node.crt, node.key")->type_name("NAME");
  launch->callback([flags, exit_code] { *exit_code = Launch(*flags); });
}

}  // namespace evenkeel
