#include "coordinator/coordinator_main.h"

#include <glog/logging.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/durable_file.h"
#include "common/endpoint.h"
#include "common/grpc_server.h"
#include "common/named_thread.h"
#include "common/status_macros.h"
#include "common/thread_stacks.h"
#include "coordinator/agent_gateway.h"
#include "coordinator/coordinator_loop.h"
#include "coordinator/coordinator_service.h"
#include "coordinator/episode_sink.h"
#include "coordinator/metrics_log.h"
#include "coordinator/round_journal.h"
#include "coordinator/round_plan.h"
#include "lb_shim/sim_world.h"
#include "replay/replay_client.h"

namespace evenkeel {
namespace {

constexpr absl::Duration kStopPoll = absl::Milliseconds(20);  // how late a stop is noticed, at most
constexpr absl::Duration kGoodbyeGrace = absl::Seconds(5);    // for agents to read their Goodbye
constexpr absl::Duration kStacksGrace = absl::Seconds(2);     // for agents to write their stacks
constexpr absl::Duration kReplayTimeout = absl::Seconds(30);  // for replay to appear and to answer

// Episodes to replay, if the run has one, and their summaries to RUN/metrics.jsonl.
class RunSink final : public EpisodeSink {
 public:
  // `replay` is null where nothing learns.
  RunSink(const std::string& run_folder, std::unique_ptr<ReplayClient> replay)
      : metrics_path_(run_folder + "/metrics.jsonl"), replay_(std::move(replay)) {}

  absl::Status OpenMetrics(uint64_t first_episode) {
    EK_ASSIGN_OR_RETURN(metrics_, MetricsLog::Open(metrics_path_, first_episode));
    return absl::OkStatus();
  }

  absl::StatusOr<uint64_t> NextEpisode() override {
    if (replay_ == nullptr) return MetricsLog::NextEpisode(metrics_path_);
    EK_ASSIGN_OR_RETURN(const v1::ReplayInfo info, replay_->GetInfo(/*min_next_episode=*/0, kReplayTimeout));
    return info.next_episode();
  }

  absl::Status Summarize(const v1::EpisodeSummary& summary) override { return metrics_->Append(summary); }

  absl::Status Append(v1::Episode episode) override {
    if (replay_ == nullptr) return absl::OkStatus();
    return replay_->Append(std::move(episode), kReplayTimeout).status();
  }

 private:
  const std::string metrics_path_;
  const std::unique_ptr<ReplayClient> replay_;
  std::unique_ptr<MetricsLog> metrics_;
};

absl::StatusOr<std::unique_ptr<ReplayClient>> FindReplay(const CoordinatorServerOptions& options) {
  if (!options.learns) return nullptr;
  EK_ASSIGN_OR_RETURN(const std::string address,
                      AwaitEndpoint(options.run_folder, "replay", kReplayTimeout, options.clock));
  return std::make_unique<ReplayClient>(address, options.clock);
}

// A process id from a peer may be anybody's: only one whose command line names this run as an actor's is sent
// a signal.
bool ServesAsActor(pid_t pid, const std::string& run_folder) {
  const std::string command = ReadFile(absl::StrCat("/proc/", pid, "/cmdline")).value_or("");
  const std::string zero(1, '\0');
  return absl::StrContains(command, absl::StrCat(zero, "serve", zero, "actor", zero)) &&
         absl::StrContains(command, run_folder);
}

// Where this process and the agents beside it are.
void CollectStacks(const CoordinatorServerOptions& options, const AgentGateway& gateway) {
  const absl::Status own = WriteThreadStacks(StacksPath(options.run_folder, ::getpid()));
  LOG_IF(WARNING, !own.ok()) << own;
  char host[256] = "";
  ::gethostname(host, sizeof(host) - 1);
  std::vector<std::string> expected;
  std::set<pid_t> asked;  // a process may have several agents
  const v1::RunStatus status = gateway.GetStatus();
  for (const v1::AgentStatus& agent : status.agents()) {
    const pid_t pid = static_cast<pid_t>(agent.pid());
    if (pid <= 1 || agent.host() != host || !ServesAsActor(pid, options.run_folder)) continue;
    if (!asked.insert(pid).second) continue;
    if (::kill(pid, SIGQUIT) == 0) expected.push_back(StacksPath(options.run_folder, pid));
  }
  const auto written = [](const std::string& path) { return std::filesystem::exists(path); };
  const absl::Time deadline = options.clock->Now() + kStacksGrace;
  while (!std::all_of(expected.begin(), expected.end(), written) && options.clock->Now() < deadline) {
    options.clock->SleepUntil(options.clock->Now() + kStopPoll);
  }
  LOG(INFO) << "the stacks of this process and of the agents beside it are in " << options.run_folder
            << "/stacks";
}

absl::Status RunUntilStopped(CoordinatorLoop* loop, absl::Notification* stop) {
  absl::Status result;
  absl::Notification done;
  NamedThread player("coord-loop", [&] {
    result = loop->Run();
    done.Notify();
  });
  bool stopped = false;
  while (!done.WaitForNotificationWithTimeout(kStopPoll)) {
    if (stopped || !stop->HasBeenNotified()) continue;
    stopped = true;
    loop->Stop();
  }
  return result;
}

}  // namespace

absl::Status ServeCoordinator(const CoordinatorServerOptions& options, absl::Notification* stop) {
  EK_ASSIGN_OR_RETURN(const RoundPlan plan, PlanRounds(options.experiment));
  AgentGatewayOptions seats;
  seats.run_id = options.run_id;
  seats.agents = static_cast<int>(options.experiment.topology().lbs());
  seats.servers = static_cast<int>(NominalWeights(options.experiment.topology()).size());
  seats.steps_per_round = plan.steps;
  AgentGateway gateway(seats, options.clock);
  CoordinatorService service(&gateway);
  GrpcServerOptions listen;
  listen.listen_address = options.listen_address;
  listen.role = "coordinator";
  listen.run_folder = options.run_folder;
  listen.traffic = GrpcTraffic::kSmallMessages;
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<GrpcServer> server, GrpcServer::Start(listen, {&service}));

  EK_ASSIGN_OR_RETURN(std::unique_ptr<ReplayClient> replay, FindReplay(options));
  RunSink sink(options.run_folder, std::move(replay));
  EK_ASSIGN_OR_RETURN(const uint64_t next_episode, sink.NextEpisode());

  CoordinatorLoopOptions loop_options;
  loop_options.experiment = &options.experiment;
  loop_options.plan = plan;
  loop_options.learns = options.learns;
  loop_options.first_round = plan.ResumeRound(next_episode);
  loop_options.warn = [](const std::string& warning) { LOG_EVERY_T(WARNING, 1) << warning; };
  loop_options.notice = [](const std::string& notice) { LOG(WARNING) << notice; };
  loop_options.on_stall = [&](const std::vector<int>&) { CollectStacks(options, gateway); };
  std::unique_ptr<RoundJournal> journal;
  if (plan.wall_clock) {
    EK_ASSIGN_OR_RETURN(journal, RoundJournal::Open(options.run_folder + "/round.journal"));
    loop_options.journal = journal.get();
  }
  EK_RETURN_IF_ERROR(sink.OpenMetrics(plan.first_episode(loop_options.first_round)));
  LOG(INFO) << "coordinator at " << server->address() << ": round " << loop_options.first_round << " of "
            << plan.rounds() << ", " << seats.agents << " agents";

  CoordinatorLoop loop(loop_options, &gateway, &service, &sink, options.clock);
  const absl::Status result = RunUntilStopped(&loop, stop);
  server->Shutdown(kGoodbyeGrace);
  return result;
}

}  // namespace evenkeel
