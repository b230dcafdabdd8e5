// The processes of a run, killed and started again by hand: what the barrier promises to whoever supervises
// them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "common/clock.h"
#include "common/durable_file.h"
#include "common/endpoint.h"
#include "coordinator/coordinator_client.h"
#include "learner/checkpoint_client.h"
#include "tests/process.h"

namespace evenkeel {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr absl::Duration kLimit = absl::Minutes(3);

// The services of one run of qmix on two load balancers: three rounds of two episodes of 80 steps.
class ServedRun {
 public:
  explicit ServedRun(const std::string& name, const std::vector<std::string>& more = {})
      : folder_(FreshFolder(name)) {
    std::vector<std::string> arguments = {EvenkeelBinary(), "config", "show", "quickstart"};
    std::vector<std::string> settings = {"topology.lbs=2",
                                         "training.episodes=6",
                                         "training.worlds=2",
                                         "training.episode_seconds=20",
                                         "training.warmup_episodes=2",
                                         "training.batch_episodes=2",
                                         "training.updates_per_episode=2",
                                         "algorithm.qmix.hidden=16"};
    settings.insert(settings.end(), more.begin(), more.end());
    for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
    const ProcessResult config = RunProcess(arguments, kLimit);
    EXPECT_EQ(config.exit_code, 0) << config.err;
    EXPECT_TRUE(WriteFileDurably(folder_ + "/config.textproto", config.out).ok());
    EXPECT_TRUE(WriteFileDurably(folder_ + "/run.json", "{\"id\": \"served\"}").ok());
  }

  const std::string& folder() const { return folder_; }

  void StartAll() {
    for (const char* role : {"replay", "learner", "coordinator", "actor-0", "actor-1"}) Start(role);
  }

  // Starts the service, in place of one of that name.
  void Start(const std::string& name) {
    std::vector<std::string> arguments = {EvenkeelBinary(), "serve", name.substr(0, name.find('-')),
                                          "--run=" + folder_};
    if (name.find('-') != std::string::npos)
      arguments.push_back("--agent=" + name.substr(name.find('-') + 1));
    services_[name] = std::make_unique<Process>(arguments);
  }

  Process& service(const std::string& name) { return *services_[name]; }

  void Kill(const std::string& name) {
    service(name).Signal(SIGKILL);
    service(name).Wait(kLimit);
  }

  // Waits until the coordinator says what `holds` looks for.
  bool AwaitStatus(const std::function<bool(const v1::RunStatus&)>& holds) {
    return WaitUntil(kLimit, [&] {
      const auto address = AwaitEndpoint(folder_, "coordinator", absl::ZeroDuration(), RealClock());
      if (!address.ok()) return false;
      const auto status = CoordinatorStatusClient(*address).GetStatus(absl::Seconds(1));
      return status.ok() && holds(*status);
    });
  }

  // Waits for the end of the training, and returns the newest policy file's bytes.
  std::string FinalPolicy() {
    EXPECT_EQ(service("coordinator").Wait(kLimit).exit_code, 0);
    EXPECT_TRUE(WaitUntil(kLimit, [&] {
      const auto address = AwaitEndpoint(folder_, "learner", absl::ZeroDuration(), RealClock());
      if (!address.ok()) return false;
      const auto status = GetLearnerStatus(*address, absl::Seconds(1));
      return status.ok() && status->finished();
    }));
    int newest = -1;
    for (const auto& entry : fs::directory_iterator(folder_ + "/policies")) {
      newest = std::max(newest, std::atoi(entry.path().filename().string().substr(1).c_str()));
    }
    return ReadFile(absl::StrCat(folder_, "/policies/v", newest, "/policy.pb")).value_or("");
  }

  std::string Metrics() const { return ReadFile(folder_ + "/metrics.jsonl").value_or(""); }

 private:
  const std::string folder_;
  std::map<std::string, std::unique_ptr<Process>> services_;
};

bool InMidRound(const v1::RunStatus& status, uint64_t round) {
  return status.round() == round && status.step() > 10 && status.phase() != v1::RunStatus::STORING;
}

// The policy and the metrics of a run that nobody disturbs.
struct Undisturbed {
  std::string policy;
  std::string metrics;
};
const Undisturbed& TheUndisturbed() {
  static const Undisturbed* const outcome = [] {
    ServedRun run("undisturbed");
    run.StartAll();
    auto* made = new Undisturbed;
    made->policy = run.FinalPolicy();
    made->metrics = run.Metrics();
    return made;
  }();
  return *outcome;
}

TEST(BarrierTest, AnActorKilledInMidRoundAndStartedAgainLeavesTheSamePolicy) {
  ServedRun run("actor");
  run.StartAll();
  ASSERT_TRUE(run.AwaitStatus([](const v1::RunStatus& status) { return InMidRound(status, 0); }));
  run.Kill("actor-1");
  run.Start("actor-1");
  ASSERT_TRUE(run.AwaitStatus([](const v1::RunStatus& status) { return status.round_restarts() > 0; }));
  EXPECT_EQ(run.FinalPolicy(), TheUndisturbed().policy);
  EXPECT_EQ(run.Metrics(), TheUndisturbed().metrics);
}

TEST(BarrierTest, ACoordinatorKilledInMidStepAndStartedAgainLeavesTheSamePolicy) {
  ServedRun run("mid_step");
  run.StartAll();
  ASSERT_TRUE(run.AwaitStatus([](const v1::RunStatus& status) { return InMidRound(status, 0); }));
  run.Kill("coordinator");
  run.Start("coordinator");
  EXPECT_EQ(run.FinalPolicy(), TheUndisturbed().policy);
  EXPECT_EQ(run.Metrics(), TheUndisturbed().metrics);
}

TEST(BarrierTest, ACoordinatorKilledWhileAgentsWaitForAPolicyLeavesTheSamePolicy) {
  ServedRun run("ready");
  run.StartAll();
  ASSERT_TRUE(run.AwaitStatus([](const v1::RunStatus& status) { return InMidRound(status, 0); }));
  run.service("learner").Signal(SIGSTOP);
  ASSERT_TRUE(run.AwaitStatus([](const v1::RunStatus& status) {
    return status.round() == 1 && status.phase() == v1::RunStatus::READY;
  }));
  run.Kill("coordinator");
  run.Start("coordinator");
  run.service("learner").Signal(SIGCONT);
  EXPECT_EQ(run.FinalPolicy(), TheUndisturbed().policy);
  EXPECT_EQ(run.Metrics(), TheUndisturbed().metrics);
}

TEST(BarrierTest, ACoordinatorKilledBetweenRoundsLeavesTheSamePolicy) {
  ServedRun run("between");
  run.StartAll();
  ASSERT_TRUE(run.AwaitStatus([](const v1::RunStatus& status) { return InMidRound(status, 0); }));
  run.service("replay").Signal(SIGSTOP);
  ASSERT_TRUE(
      run.AwaitStatus([](const v1::RunStatus& status) { return status.phase() == v1::RunStatus::STORING; }));
  run.Kill("coordinator");
  run.service("replay").Signal(SIGCONT);
  run.Start("coordinator");
  EXPECT_EQ(run.FinalPolicy(), TheUndisturbed().policy);
  EXPECT_EQ(run.Metrics(), TheUndisturbed().metrics);
}

TEST(BarrierTest, DebugBarrierNamesWhoIsAwaitedAndAStallLeavesTheStacks) {
  ServedRun run("stall", {"barrier.stall_after_seconds=12"});
  run.StartAll();
  ASSERT_TRUE(run.AwaitStatus([](const v1::RunStatus& status) { return InMidRound(status, 0); }));
  run.service("actor-1").Signal(SIGSTOP);
  ASSERT_TRUE(run.AwaitStatus([](const v1::RunStatus& status) {
    return status.awaited_size() == 1 && status.phase() == v1::RunStatus::STEP && status.phase_s() > 0.5;
  }));
  const ProcessResult debug =
      RunProcess({EvenkeelBinary(), "debug", "barrier", run.folder(), "-o", "json"}, kLimit);
  ASSERT_EQ(debug.exit_code, 0) << debug.err;
  const nlohmann::json told = nlohmann::json::parse(debug.out);
  EXPECT_EQ(told["awaited"], nlohmann::json({1}));
  EXPECT_EQ(told["phase"], "STEP");
  EXPECT_EQ(told["agents"][1]["pid"], run.service("actor-1").pid());

  const ProcessResult ended = run.service("coordinator").Wait(kLimit);
  EXPECT_EQ(ended.exit_code, 6);
  EXPECT_THAT(ended.err, HasSubstr("actor-1"));
  const auto stacks_of = [&run](const std::string& name) {
    return ReadFile(absl::StrCat(run.folder(), "/stacks/", run.service(name).pid(), ".txt")).value_or("");
  };
  EXPECT_THAT(stacks_of("coordinator"), HasSubstr("coord-loop"));
  EXPECT_THAT(stacks_of("actor-0"), HasSubstr("thread "));
  run.service("actor-1").Signal(SIGCONT);

  const ProcessResult nobody = RunProcess({EvenkeelBinary(), "debug", "barrier", run.folder()}, kLimit);
  EXPECT_EQ(nobody.exit_code, 5);
  EXPECT_THAT(nobody.err, HasSubstr("no coordinator of"));
}

}  // namespace
}  // namespace evenkeel
