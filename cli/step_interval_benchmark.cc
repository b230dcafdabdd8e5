#include "cli/step_interval_benchmark.h"

#include <errno.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "cli/flags.h"
#include "common/child_processes.h"
#include "common/clock.h"
#include "common/endpoint.h"
#include "common/named_thread.h"
#include "common/status_macros.h"
#include "coordinator/coordinator_client.h"
#include "coordinator/coordinator_main.h"
#include "experiments/run_folder.h"

namespace evenkeel {
namespace {

constexpr int kAgents = 6;
constexpr char kRunId[] = "bench";
constexpr absl::Duration kPatience = absl::Seconds(10);

// A folder that goes when this goes.
class TemporaryFolder {
 public:
  static absl::StatusOr<std::unique_ptr<TemporaryFolder>> Make() {
    std::string path = (std::filesystem::temp_directory_path() / "evenkeel-bench-XXXXXX").string();
    if (::mkdtemp(path.data()) == nullptr)
      return absl::ErrnoToStatus(errno, absl::StrCat("cannot make ", path));
    return std::make_unique<TemporaryFolder>(path);
  }
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  ~TemporaryFolder() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
};

absl::StatusOr<ConfigLayer> Configure(double seconds) {
  ExperimentFlags flags;
  flags.experiment = "quickstart";
  flags.algorithm = "sed";
  flags.set = {absl::StrCat("topology.lbs=", kAgents), "training.clock=WALL", "training.worlds=1",
               "training.episodes=1", absl::StrCat("training.episode_seconds=", seconds)};
  std::vector<Problem> problems;
  std::optional<ConfigLayer> config = Resolve(flags, &problems);
  if (!config.has_value()) return absl::InternalError(RenderProblems(problems, "nothing was measured"));
  return *std::move(config);
}

// The coordinator's newest word before it ended. Blocks until `ended`.
absl::StatusOr<v1::RunStatus> FollowStatus(const std::string& run, const absl::Notification& ended) {
  EK_ASSIGN_OR_RETURN(const std::string address, AwaitEndpoint(run, "coordinator", kPatience, RealClock()));
  CoordinatorStatusClient client(address);
  v1::RunStatus newest;
  while (!ended.WaitForNotificationWithTimeout(absl::Milliseconds(500))) {
    const absl::StatusOr<v1::RunStatus> status = client.GetStatus(kPatience);
    if (status.ok() && status->step_interval_p50_s() > 0) newest = *status;
  }
  return newest;
}

}  // namespace

absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkStepInterval(double seconds) {
  EK_ASSIGN_OR_RETURN(const ConfigLayer config, Configure(seconds));
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<TemporaryFolder> folder, TemporaryFolder::Make());
  RunIdentity identity;
  identity.id = kRunId;
  EK_ASSIGN_OR_RETURN(const std::unique_ptr<RunFolder> run,
                      RunFolder::Create(folder->path() + "/run", config, identity));
  CoordinatorServerOptions options;
  options.run_folder = run->path();
  options.run_id = kRunId;
  options.experiment = config.values;
  ChildProcesses actors;
  for (int agent = 0; agent < kAgents; ++agent) {
    EK_RETURN_IF_ERROR(
        actors.Start({"serve", "actor", "--run", run->path(), "--agent", absl::StrCat(agent)}));
  }
  absl::Notification never, ended;
  absl::Status result;
  absl::StatusOr<v1::RunStatus> status;
  {
    NamedThread coordinator("coordinator", [&] {
      result = ServeCoordinator(options, &never);
      ended.Notify();
    });
    status = FollowStatus(run->path(), ended);
  }
  EK_RETURN_IF_ERROR(result);
  EK_RETURN_IF_ERROR(status.status());
  EK_RETURN_IF_ERROR(actors.Join());
  return std::vector<BenchmarkResult>{{"barrier.step_interval_p50_s.n6", status->step_interval_p50_s(), "s"},
                                      {"barrier.step_interval_p99_s.n6", status->step_interval_p99_s(), "s"}};
}

}  // namespace evenkeel
