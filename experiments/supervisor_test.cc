// Real processes: small shells stand for the roles.
#include "experiments/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/durable_file.h"

namespace evenkeel {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr absl::Duration kLimit = absl::Seconds(30);

// Looks again until `condition` holds or the limit passes.
bool Eventually(const std::function<bool()>& condition) {
  const absl::Time deadline = RealClock()->Now() + kLimit;
  while (!condition()) {
    if (RealClock()->Now() > deadline) return false;
    RealClock()->SleepUntil(RealClock()->Now() + absl::Milliseconds(5));
  }
  return true;
}

bool Lives(pid_t pid) {
  std::ifstream stat(absl::StrCat("/proc/", pid, "/stat"));
  std::string id, name, state;
  return static_cast<bool>(stat >> id >> name >> state) && state != "Z";
}

class SupervisorTest : public testing::Test {
 protected:
  SupervisorTest()
      : folder_(testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name()),
        signals_({SIGINT, SIGTERM, SIGUSR1, SIGCHLD}) {
    EXPECT_TRUE(MakeFolders(folder_).ok());
    launcher_ = std::make_unique<LocalLauncher>(folder_);
  }

  ProcessSpec Shell(const std::string& name, const std::string& script) {
    ProcessSpec spec;
    spec.name = name;
    spec.arguments = {"/bin/sh", "-c", script};
    spec.environment = {"FOLDER=" + folder_};
    return spec;
  }

  // A process that writes its id to FOLDER/NAME.pid and then waits for ever, or for SIGTERM.
  ProcessSpec Waiter(const std::string& name) {
    return Shell(name, absl::StrCat("echo $$ > $FOLDER/", name, ".tmp; mv $FOLDER/", name, ".tmp $FOLDER/",
                                    name, ".pid; while :; do sleep 0.05; done"));
  }

  pid_t PidOf(const std::string& name) {
    const std::string path = absl::StrCat(folder_, "/", name, ".pid");
    EXPECT_TRUE(Eventually([&] { return ReadFile(path).ok(); }));
    int pid = 0;
    EXPECT_TRUE(absl::SimpleAtoi(ReadFile(path).value_or(""), &pid));
    return pid;
  }

  void Start(const ProcessSpec& spec) { ASSERT_TRUE(launcher_->Start(spec).ok()); }

  Supervision Watch(std::function<bool()> finished = [] { return false; }, SupervisionOptions options = {}) {
    options.finished = std::move(finished);
    options.stop_grace = absl::Milliseconds(500);
    options.failure_grace = absl::Milliseconds(500);
    return Supervise(launcher_.get(), &signals_, options, RealClock());
  }

  const std::string folder_;
  SignalPipe signals_;
  std::unique_ptr<LocalLauncher> launcher_;
};

TEST_F(SupervisorTest, StopsTheRestWhenTheWorkIsFinished) {
  Start(Waiter("replay"));
  Start(Shell("coordinator", "exit 0"));
  const pid_t replay = PidOf("replay");
  const Supervision result = Watch([&] { return launcher_->succeeded("coordinator"); });
  EXPECT_EQ(result.outcome, SupervisionOutcome::kFinished);
  EXPECT_FALSE(result.killed);
  EXPECT_FALSE(Lives(replay));
}

TEST_F(SupervisorTest, AFailedChildIsNamedWithTheEndOfItsLogAndNoOrphanIsLeft) {
  Start(Waiter("actor-0"));
  const pid_t actor = PidOf("actor-0");
  Start(Shell("learner", "echo early; echo the disk is full >&2; exit 1"));
  const Supervision result = Watch();
  ASSERT_EQ(result.outcome, SupervisionOutcome::kFailed);
  EXPECT_THAT(result.cause.message, HasSubstr("learner ended with exit code 1"));
  EXPECT_THAT(result.cause.excerpt, HasSubstr("the disk is full"));
  EXPECT_EQ(result.cause.place, folder_ + "/learner.log");
  EXPECT_EQ(ExitCodeOf(result.cause), 1);
  EXPECT_FALSE(Lives(actor));
}

TEST_F(SupervisorTest, AKilledChildIsNamedWithItsSignal) {
  Start(Waiter("replay"));
  Start(Waiter("actor-0"));
  ::kill(PidOf("replay"), SIGKILL);
  const Supervision result = Watch();
  ASSERT_EQ(result.outcome, SupervisionOutcome::kFailed);
  EXPECT_THAT(result.cause.message, HasSubstr("replay was killed by signal 9"));
  EXPECT_EQ(ExitCodeOf(result.cause), 1);
}

TEST_F(SupervisorTest, AnExitCodeThatTellsWhatToDoIsPassedOn) {
  Start(Shell("coordinator", "exit 6"));
  EXPECT_EQ(ExitCodeOf(Watch().cause), 6);
}

TEST_F(SupervisorTest, AServiceThatEndsEarlyWithoutErrorIsAFailureToo) {
  ProcessSpec replay = Shell("replay", "exit 0");
  replay.ends_by_itself = false;
  Start(replay);
  EXPECT_THAT(Watch().cause.message, HasSubstr("replay ended before the run was finished"));
}

TEST_F(SupervisorTest, AChildThatIgnoresTermIsKilledAfterTheGrace) {
  Start(Shell("stubborn",
              "trap '' TERM; echo $$ > $FOLDER/s.tmp; mv $FOLDER/s.tmp $FOLDER/stubborn.pid; while :; do "
              "sleep 0.05; done"));
  const pid_t stubborn = PidOf("stubborn");
  const Supervision result = Watch([] { return true; });
  EXPECT_TRUE(result.killed);
  EXPECT_FALSE(Lives(stubborn));
}

TEST_F(SupervisorTest, OneInterruptAsksForAStopAndIsNoFailure) {
  Start(Shell("learner",
              "trap 'echo saved; exit 130' TERM; touch $FOLDER/ready; while :; do sleep 0.01; done"));
  EXPECT_TRUE(Eventually([&] { return ReadFile(folder_ + "/ready").ok(); }));
  ::kill(::getpid(), SIGINT);
  const Supervision result = Watch();
  EXPECT_EQ(result.outcome, SupervisionOutcome::kInterrupted);
  EXPECT_FALSE(result.killed);
  EXPECT_TRUE(result.unclean.empty());
  EXPECT_THAT(ReadFile(folder_ + "/learner.log").value(), HasSubstr("saved"));
}

TEST_F(SupervisorTest, ASecondInterruptKills) {
  Start(Shell("stubborn", "trap '' TERM; touch $FOLDER/ready; while :; do sleep 0.05; done"));
  EXPECT_TRUE(Eventually([&] { return ReadFile(folder_ + "/ready").ok(); }));
  SupervisionOptions options;
  options.finished = [] { return false; };
  options.stopping = [](int) { ::kill(::getpid(), SIGINT); };
  ::kill(::getpid(), SIGINT);
  const Supervision result = Supervise(launcher_.get(), &signals_, options, RealClock());
  EXPECT_EQ(result.outcome, SupervisionOutcome::kInterrupted);
  EXPECT_TRUE(result.killed);
}

TEST_F(SupervisorTest, TermAndUsr1MeanPreemption) {
  for (int signal : {SIGTERM, SIGUSR1}) {
    Start(Shell("learner", "while :; do sleep 0.01; done"));
    ::kill(::getpid(), signal);
    EXPECT_EQ(Watch().outcome, SupervisionOutcome::kPreempted);
  }
}

TEST_F(SupervisorTest, AChildLeavesUsr1ToItsParent) {
  Start(Shell("learner", "kill -USR1 $$; exit 6"));
  EXPECT_EQ(ExitCodeOf(Watch().cause), 6);
}

TEST_F(SupervisorTest, ALaterStageIsStoppedAfterTheEarlierOnesHaveEnded) {
  ProcessSpec replay = Shell(
      "replay",
      "trap 'echo replay >> $FOLDER/order; exit 0' TERM; touch $FOLDER/r; while :; do sleep 0.01; done");
  replay.stop_stage = 1;
  Start(replay);
  Start(Shell("learner",
              "trap 'sleep 0.1; echo learner >> $FOLDER/order; exit 0' TERM; touch $FOLDER/l; while :; do "
              "sleep 0.01; done"));
  EXPECT_TRUE(Eventually([&] { return ReadFile(folder_ + "/r").ok() && ReadFile(folder_ + "/l").ok(); }));
  Watch([] { return true; });
  EXPECT_EQ(ReadFile(folder_ + "/order").value_or(""), "learner\nreplay\n");
}

SupervisionOptions WithRestarts(int max_restarts) {
  SupervisionOptions options;
  options.restarts.max_restarts = max_restarts;
  options.restarts.backoff = absl::Milliseconds(1);
  return options;
}

TEST_F(SupervisorTest, AKilledProcessIsStartedAgainWithItsRestartArgumentsAndTheRunGoesOn) {
  ProcessSpec learner = Shell("learner", "if [ \"$1\" = --resume ]; then echo again $2; exit 0; fi; kill -9 $$");
  learner.arguments.push_back("learner");
  learner.restart_arguments = {"--resume"};
  Start(learner);
  SupervisionOptions options = WithRestarts(1);
  std::vector<std::string> told;
  options.restarting = [&](const ProcessEnd& end, absl::Duration) { told.push_back(DescribeEnd(end)); };
  options.restart_arguments = [](const std::string& name) { return std::vector<std::string>{"there:" + name}; };
  const Supervision result = Watch([&] { return launcher_->succeeded("learner"); }, options);
  EXPECT_EQ(result.outcome, SupervisionOutcome::kFinished);
  EXPECT_THAT(told, testing::ElementsAre("learner was killed by signal 9 (Killed)"));
  EXPECT_EQ(ReadFile(folder_ + "/learner.log").value_or(""), "again there:learner\n");
}

TEST_F(SupervisorTest, ACrashLoopEndsTheRunWithItsFirstCause) {
  Start(Shell("replay", "echo x >> $FOLDER/tries; if [ $(wc -l < $FOLDER/tries) = 1 ]; then echo the disk is full; else echo "
                        "something else; fi; exit 1"));
  Start(Shell("coordinator", "sleep 0.02; echo replay is gone; exit 5"));
  const Supervision result = Watch([] { return false; }, WithRestarts(2));
  ASSERT_EQ(result.outcome, SupervisionOutcome::kFailed);
  EXPECT_EQ(result.cause.message, "replay ended with exit code 1");
  EXPECT_EQ(result.cause.excerpt, "the disk is full");
  EXPECT_THAT(result.cause.context, HasSubstr("the first of its 3 deaths"));
}

TEST_F(SupervisorTest, ThePauseBeforeARestartDoublesUpToItsBound) {
  Start(Shell("learner", "exit 1"));
  SupervisionOptions options = WithRestarts(4);
  options.restarts.max_backoff = absl::Milliseconds(5);
  std::vector<absl::Duration> pauses;
  options.restarting = [&](const ProcessEnd&, absl::Duration pause) { pauses.push_back(pause); };
  Watch([] { return false; }, options);
  EXPECT_THAT(pauses, testing::ElementsAre(absl::Milliseconds(1), absl::Milliseconds(2), absl::Milliseconds(4),
                                           absl::Milliseconds(5)));
}

TEST_F(SupervisorTest, AnEndThatAnotherTryWouldNotChangeIsNotTriedAgain) {
  for (int exit_code : {2, 3, 4, 6, 7, 9}) {
    launcher_ = std::make_unique<LocalLauncher>(folder_);
    Start(Shell("coordinator", absl::StrCat("echo x >> $FOLDER/tries", exit_code, "; exit ", exit_code)));
    EXPECT_EQ(Watch([] { return false; }, WithRestarts(3)).outcome, SupervisionOutcome::kFailed);
    EXPECT_EQ(ReadFile(absl::StrCat(folder_, "/tries", exit_code)).value_or(""), "x\n");
  }
}

TEST_F(SupervisorTest, ChildrenDieWithAParentThatIsKilled) {
  const pid_t parent = ::fork();
  if (parent == 0) {
    LocalLauncher launcher(folder_);
    if (!launcher.Start(Waiter("actor-0")).ok()) ::_exit(1);
    while (true) ::pause();
  }
  const pid_t child = PidOf("actor-0");
  ASSERT_TRUE(Lives(child));
  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);
  EXPECT_TRUE(Eventually([&] { return !Lives(child); }));
}

TEST_F(SupervisorTest, ADestroyedLauncherLeavesNobody) {
  Start(Waiter("actor-0"));
  const pid_t child = PidOf("actor-0");
  launcher_.reset();
  EXPECT_FALSE(Lives(child));
}

TEST_F(SupervisorTest, AProgramThatCannotBeExecutedIsNamed) {
  ProcessSpec spec = Shell("learner", "");
  spec.arguments[0] = "/nowhere/evenkeel";
  const absl::Status status = launcher_->Start(spec);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("cannot start learner: cannot execute /nowhere/evenkeel"));
  EXPECT_EQ(launcher_->living(), 0);
}

TEST_F(SupervisorTest, AddedEnvironmentReplacesOurs) {
  ::setenv("OMP_NUM_THREADS", "7", 1);
  ProcessSpec spec = Shell("actor-0", "echo [$OMP_NUM_THREADS]; env | grep -c OMP_NUM");
  spec.environment = {"OMP_NUM_THREADS=1"};
  Start(spec);
  Watch([&] { return launcher_->succeeded("actor-0"); });
  EXPECT_EQ(ReadFile(folder_ + "/actor-0.log").value_or(""), "[1]\n1\n");
}

TEST(SignalPipeTest, SignalsThatAreLeftIgnoredDoNotKillAProcessThatIsEnding) {
  const auto end = [](bool ignored) {
    {
      SignalPipe signals({SIGTERM});
      if (ignored) signals.LeaveIgnored();
    }
    ::raise(SIGTERM);
    ::_exit(7);
  };
  EXPECT_EXIT(end(true), testing::ExitedWithCode(7), "");
  EXPECT_EXIT(end(false), testing::KilledBySignal(SIGTERM), "");
}

TEST(FirstCauseTest, ASignalComesBeforeAnErrorAndAnErrorBeforeALostPeer) {
  const ProcessEnd lost{"actor-0", 5, 0, false}, error{"learner", 7, 0, false}, killed{"replay", 0, 9, false};
  EXPECT_EQ(FirstCause({lost, error, killed}).name, "replay");
  EXPECT_EQ(FirstCause({lost, error}).name, "learner");
  EXPECT_EQ(FirstCause({lost}).name, "actor-0");
}

}  // namespace
}  // namespace evenkeel
