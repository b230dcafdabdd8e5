#include <glog/logging.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <iostream>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "actor/actor_main.h"
#include "algorithms/registry.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/host.h"
#include "cli/tls_flags.h"
#include "common/clock.h"
#include "common/named_thread.h"
#include "common/thread_stacks.h"
#include "coordinator/coordinator_main.h"
#include "experiments/run_folder.h"
#include "experiments/signal_pipe.h"
#include "learner/learner_main.h"
#include "replay/replay_main.h"

namespace evenkeel {
namespace {

constexpr char kLoopback[] = "127.0.0.1:0";

struct ServeFlags {
  std::string role;
  std::string run;
  std::string listen = kLoopback;
  int agent = 0;
  int agents = 1;
  bool resume = false;
  std::optional<int> rank;   // auto
  std::optional<int> hosts;  // auto
  TlsFlags tls;
  std::string advertise;
};

// SIGUSR1 besides, unless it was ignored from the start: an engine sends it to every process of a job, and those that have a
// launcher are stopped by that, one after the other.
std::vector<int> StopSignals() {
  std::vector<int> signals = {SIGINT, SIGTERM, SIGQUIT};
  struct sigaction usr1 = {};
  if (::sigaction(SIGUSR1, nullptr, &usr1) == 0 && usr1.sa_handler != SIG_IGN) signals.push_back(SIGUSR1);
  return signals;
}

// Turns SIGINT, SIGTERM and SIGUSR1 into a notification, and upon SIGQUIT writes the stacks of all threads to
// the run folder and goes on.
class StopOnSignal {
 public:
  explicit StopOnSignal(const std::string& run_folder)
      : stacks_path_(StacksPath(run_folder, ::getpid())),
        signals_(StopSignals()),
        thread_("signals", [this] { Watch(); }) {}
  ~StopOnSignal() {
    signals_.LeaveIgnored();
    signals_.Inject(kEnd);
  }

  absl::Notification* stop() { return &stop_; }

  // The first signal received; 0 if none.
  int signal() const { return signal_; }

 private:
  static constexpr int kEnd = 255;

  void Watch() {
    while (true) {
      const std::optional<int> signal = signals_.Wait(absl::Hours(1));
      if (signal == kEnd) return;
      if (signal == SIGQUIT) {
        const absl::Status written = WriteThreadStacks(stacks_path_);
        LOG(INFO) << (written.ok() ? "stacks are in " + stacks_path_ : written.ToString());
        continue;
      }
      if (!signal || stop_.HasBeenNotified()) continue;
      signal_ = *signal;
      stop_.Notify();
    }
  }

  const std::string stacks_path_;
  absl::Notification stop_;
  std::atomic<int> signal_{0};
  SignalPipe signals_;
  NamedThread thread_;  // last: it uses all the others
};

template <typename Options>
Options MakeOptions(const ServeFlags& flags, const v1::Experiment& experiment, const std::string& run_id) {
  Options options;
  options.run_folder = flags.run;
  options.run_id = run_id;
  options.experiment = experiment;
  options.clock = RealClock();
  return options;
}

absl::Status ServeRole(const ServeFlags& flags, const v1::Experiment& experiment, bool learned,
                       const std::string& run_id, absl::Notification* stop) {
  if (flags.role == "replay") {
    auto options = MakeOptions<ReplayServerOptions>(flags, experiment, run_id);
    options.listen_address = flags.listen;
    return ServeReplay(options, stop);
  }
  if (flags.role == "coordinator") {
    auto options = MakeOptions<CoordinatorServerOptions>(flags, experiment, run_id);
    options.listen_address = flags.listen;
    options.learns = learned;
    return ServeCoordinator(options, stop);
  }
  if (flags.role == "learner") {
    auto options = MakeOptions<LearnerServerOptions>(flags, experiment, run_id);
    options.listen_address = flags.listen;
    options.resume = flags.resume;
    return ServeLearner(options, stop);
  }
  auto options = MakeOptions<ActorServerOptions>(flags, experiment, run_id);
  options.agent = flags.agent;
  options.agents = flags.agents;
  return ServeActor(options, stop);
}

int ServeAuto(const ServeFlags& flags) {
  HostFlags host;
  host.run = flags.run;
  host.rank = flags.rank;
  host.hosts = flags.hosts;
  if (flags.listen != kLoopback) host.listen_host = flags.listen.substr(0, flags.listen.rfind(':'));
  return ServeHost(host);
}

int Serve(const ServeFlags& flags) {
  const absl::Status peers = ApplyTlsFlags(flags.tls, flags.advertise);
  if (!peers.ok()) return Fail(peers);
  if (flags.role == "auto") return ServeAuto(flags);
  const absl::StatusOr<v1::Experiment> experiment = ReadResolvedExperiment(flags.run + "/config.textproto");
  if (!experiment.ok()) return Fail(experiment.status());
  const absl::StatusOr<std::string> run_id = ReadRunId(flags.run);
  if (!run_id.ok()) return Fail(run_id.status());
  const absl::StatusOr<const AlgorithmInfo*> algorithm = FindAlgorithm(experiment->algorithm().name());
  if (!algorithm.ok()) return Fail(algorithm.status());

  StopOnSignal signals(flags.run);
  const bool learned = (*algorithm)->kind == AlgorithmKind::kLearned;
  const absl::Status status = ServeRole(flags, *experiment, learned, *run_id, signals.stop());
  if (status.ok()) return kExitDone;
  if (absl::IsCancelled(status) && signals.signal() != 0) {
    LOG(INFO) << status.message();
    return signals.signal() == SIGINT ? kExitInterrupted : kExitPreempted;
  }
  const ExitCode exit_code = ServiceExitCodeOf(status);
  std::cerr << RenderProblem(ProblemOf(status, exit_code));
  return exit_code;
}

}  // namespace

void AddServeCommand(CLI::App* app, int* exit_code) {
  CLI::App* serve =
      app->add_subcommand("serve", "run one service of a run in the foreground (what run starts)");
  auto flags = std::make_shared<ServeFlags>();
  serve->add_option("ROLE", flags->role, "coordinator, replay, learner, actor, or auto: this host's share of them, by rank")
      ->required()
      ->check(CLI::IsMember({"coordinator", "replay", "learner", "actor", "auto"}))
      ->type_name("");
  serve->add_option("--run", flags->run, "the run folder")->required()->type_name("DIR");
  serve->add_option("--agent", flags->agent, "index of the actor's load balancer")->type_name("I");
  serve
      ->add_option("--agents", flags->agents,
                   "load balancers of this actor, from --agent on, over one stream")
      ->check(CLI::PositiveNumber)
      ->type_name("K");
  serve->add_option("--listen", flags->listen, "address to bind, beyond loopback only with --tls; port 0 lets the kernel choose")
      ->take_last()  // a service that starts again is told where it was, after what it was told at first
      ->type_name("HOST:PORT");
  serve->add_option("--rank", flags->rank, "auto: of this host; default: as RANK, SLURM_PROCID or JOB_COMPLETION_INDEX says")
      ->type_name("R");
  serve->add_option("--hosts", flags->hosts, "auto: how many; default: as WORLD_SIZE, SLURM_NTASKS or EVENKEEL_HOSTS says")
      ->type_name("N");
  serve->add_option("--advertise", flags->advertise, "with --listen 0.0.0.0:PORT: the host that others find it at (default: "
                    "this machine's name)")
      ->type_name("HOST");
  AddTlsFlags(serve, &flags->tls);
  serve->add_flag("--resume", flags->resume, "learner: go on from the newest checkpoint");
  serve->callback([flags, exit_code] { *exit_code = Serve(*flags); });
}

}  // namespace evenkeel
