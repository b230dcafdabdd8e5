#include "cli/host.h"

#include <cstdlib>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "algorithms/registry.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/go_on.h"
#include "common/clock.h"
#include "common/durable_file.h"
#include "common/named_thread.h"
#include "common/status_macros.h"
#include "experiments/launch/host_address.h"
#include "experiments/launch/rank.h"
#include "experiments/run_folder.h"

namespace evenkeel {
namespace {

constexpr absl::Duration kHeartbeat = absl::Seconds(5);
// An engine may start a host's share again while those of its last start still save their state, for which they have 60 s.
constexpr absl::Duration kTakeOverLimit = absl::Seconds(90);
constexpr absl::Duration kTakeOverPoll = absl::Milliseconds(200);

std::optional<std::string> Variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

absl::StatusOr<HostShare> FindShare(const HostFlags& flags) {
  Rank rank;
  if (flags.rank || flags.hosts) {
    if (!flags.rank || !flags.hosts || *flags.rank < 0 || *flags.rank >= *flags.hosts) {
      return absl::InvalidArgumentError("give both --rank and --hosts, with a rank from 0 to the number of hosts less 1");
    }
    rank = {*flags.rank, *flags.hosts, "--rank and --hosts"};
  } else {
    EK_ASSIGN_OR_RETURN(rank, FindRank(&Variable));
  }
  std::cerr << "evenkeel: host " << rank.rank << " of " << rank.hosts << " (" << rank.source << ")\n";
  HostShare share{rank.rank, rank.hosts, flags.listen_host};
  if (rank.hosts > 1 && share.listen_host.empty()) {
    EK_ASSIGN_OR_RETURN(share.listen_host, FirstHostAddress());
  }
  return share;
}

// Touches RUN/heartbeats/RANK until it goes.
class Heartbeat {
 public:
  Heartbeat(const std::string& run, int rank)
      : path_(absl::StrCat(run, "/heartbeats/", rank)), thread_("heartbeat", [this] { Beat(); }) {}
  ~Heartbeat() { end_.Notify(); }

 private:
  void Beat() {
    do {
      const absl::Status written = WriteFileDurably(path_, absl::StrCat(absl::FormatTime(absl::Now()), "\n"));
      if (!written.ok()) std::cerr << "evenkeel: warning: no heartbeat: " << written.message() << "\n";
    } while (!end_.WaitForNotificationWithTimeout(kHeartbeat));
  }

  const std::string path_;
  absl::Notification end_;
  NamedThread thread_;  // last: it uses all the others
};

// Waits until nobody is at the run, or as long as may be.
void AwaitFree(const std::string& run_folder) {
  Clock* const clock = RealClock();
  const absl::Time deadline = clock->Now() + kTakeOverLimit;
  for (bool told = false; absl::IsAlreadyExists(RunFolder::Open(run_folder).status()) && clock->Now() < deadline; told = true) {
    if (!told) std::cerr << "evenkeel: " << run_folder << " is in use; waiting for its last start to end\n";
    clock->SleepUntil(clock->Now() + kTakeOverPoll);
  }
}

int ServeHead(const std::string& run_folder, const HostShare& share) {
  AwaitFree(run_folder);
  OpenRun run;
  const auto unchanged = [](const v1::Experiment& stopped, std::vector<Problem>*) {
    ConfigLayer config;
    config.values = stopped;
    return std::optional<ConfigLayer>(config);
  };
  int exit_code = TakeOver(run_folder, unchanged, &run);
  if (exit_code != kExitDone) return exit_code;
  run.share = share;
  return GoOn(std::move(run), OutputFormat::kTable);
}

int ServeAgents(const std::string& run_folder, const HostShare& share) {
  if (ReadState(run_folder) == "finished") return kExitDone;
  const absl::StatusOr<v1::Experiment> experiment = ReadResolvedExperiment(run_folder + "/config.textproto");
  if (!experiment.ok()) return Fail(experiment.status());
  const absl::StatusOr<const AlgorithmInfo*> algorithm = FindAlgorithm(experiment->algorithm().name());
  if (!algorithm.ok()) return Fail(algorithm.status());
  if (IsSearched(**algorithm)) return kExitDone;  // the search is rank 0's own work
  RunContext context = MakeRunContext();
  context.share = share;
  const absl::StatusOr<TrainingReport> report = PlayAgents(*experiment, **algorithm, run_folder, context);
  if (!report.ok()) return Fail(report.status());
  if (report->problem.has_value()) {
    std::cerr << RenderProblem(*report->problem);
    return ExitCodeOf(*report->problem);
  }
  if (report->outcome == SupervisionOutcome::kFinished) return kExitDone;
  return report->outcome == SupervisionOutcome::kInterrupted ? kExitInterrupted : kExitPreempted;
}

}  // namespace

int ServeHost(const HostFlags& flags) {
  if (!IsRunFolder(flags.run)) return Fail(absl::NotFoundError(absl::StrCat(flags.run, " is no run folder")));
  const absl::StatusOr<HostShare> share = FindShare(flags);
  if (!share.ok()) return Fail(share.status());
  const absl::Status made = MakeFolders(absl::StrCat(flags.run, "/heartbeats"));
  if (!made.ok()) return Fail(made);
  const Heartbeat heartbeat(flags.run, share->rank);
  if (share->rank > 0) return ServeAgents(flags.run, *share);
  const int exit_code = ServeHead(flags.run, *share);
  const absl::Status told = WriteFileDurably(flags.run + "/exit", absl::StrCat(exit_code, "\n"));
  if (!told.ok()) std::cerr << "evenkeel: warning: " << told.message() << "\n";
  return exit_code;
}

}  // namespace evenkeel
