// kill -9 of one role, or of all, at random moments of real runs: what is learned is the same, bit for bit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/rng.h"
#include "tests/process.h"
#include "tests/tiny_run.h"

namespace evenkeel {
namespace {

constexpr absl::Duration kRunLimit = absl::Minutes(4);

// 7 algorithms x 3 points = 21.
constexpr int kPointsPerAlgorithm = 3;
const char* const kRoles[] = {"replay", "coordinator", "learner", "actor", "all"};

std::vector<std::string> Command(const std::string& folder, const std::string& algorithm) {
  return TinyRun(folder, {"--algo=" + algorithm, "--resume=auto", "--set", "training.episodes=10"});
}

// Where a run writes a line now and then, and how many there will be.
struct Progress {
  const char* file;
  int lines;
};

Progress ProgressOf(const std::string& algorithm) {
  return algorithm == "es" ? Progress{"/search.jsonl", 3} : Progress{"/metrics.jsonl", 10};
}

// Kills `role` once, some time into the run.
void KillOnce(Process* process, const std::string& run, const std::string& role, const Progress& progress, Rng* random) {
  const int lines = static_cast<int>(random->Next() % (progress.lines - 1));
  const absl::Duration pause = absl::Milliseconds(random->Next() % 400);
  ASSERT_TRUE(WaitUntil(kRunLimit, [&] { return Lines(run + progress.file) >= lines; })) << role;
  absl::SleepFor(pause);
  if (role == "all") {
    process->Signal(SIGKILL);
    return;
  }
  pid_t pid = 0;
  ASSERT_TRUE(WaitUntil(kRunLimit, [&] { return (pid = PidOf(run, role)) > 0 || !FinalPolicy(run).empty(); }));
  if (pid > 0) kill(pid, SIGKILL);
}

TEST(SharedActorTest, AKilledProcessOfTwoAgentsLeavesThePolicyOfTwoProcessesThatWereLeftAlone) {
  const std::string folder = FreshFolder("runs-shared");
  const ProcessResult whole = RunProcess(Command(folder + "/whole", "qmix"), kRunLimit);
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  ASSERT_NE(FinalPolicy(folder + "/whole"), "");

  const std::string run = folder + "/shared";
  std::vector<std::string> command = Command(run, "qmix");
  command.insert(command.end(), {"--set", "training.agents_per_actor=2"});
  Process process(command);
  ASSERT_TRUE(WaitUntil(kRunLimit, [&] { return Lines(run + "/metrics.jsonl") >= 4; }));
  const pid_t actor = PidOf(run, "actor");
  ASSERT_GT(actor, 0);
  ASSERT_EQ(kill(actor, SIGKILL), 0);
  const ProcessResult result = process.Wait(kRunLimit);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, testing::HasSubstr("actor-0-to-1 was killed by signal 9"));
  EXPECT_TRUE(FinalPolicy(run) == FinalPolicy(folder + "/whole"));
}

// As Slurm's suspend and resume do.
TEST(SuspendedRunTest, ARunThatWasStoppedForLongerThanItsPatienceGoesOn) {
  const std::string folder = FreshFolder("runs-suspended"), run = folder + "/suspended";
  const ProcessResult whole = RunProcess(Command(folder + "/whole", "qmix"), kRunLimit);
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  ASSERT_NE(FinalPolicy(folder + "/whole"), "");

  std::vector<std::string> command = Command(run, "qmix");
  command.insert(command.end(), {"--set", "barrier.stall_after_seconds=4"});
  Process process(command);
  ASSERT_TRUE(WaitUntil(kRunLimit, [&] { return Lines(run + "/metrics.jsonl") >= 3; }));
  const std::vector<std::string> all = ProcessesWith(run);
  ASSERT_GE(all.size(), 6u);  // evenkeel run, replay, coordinator, learner and two actors
  for (const std::string& line : all) kill(std::stoi(line), SIGSTOP);
  absl::SleepFor(absl::Seconds(12));
  for (const std::string& line : all) kill(std::stoi(line), SIGCONT);
  const ProcessResult result = process.Wait(kRunLimit);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, testing::Not(testing::HasSubstr("stalled")));
  EXPECT_TRUE(FinalPolicy(run) == FinalPolicy(folder + "/whole"));
}

class RecoveryTest : public testing::TestWithParam<const char*> {};

TEST_P(RecoveryTest, ARunWithKilledProcessesEndsWithThePolicyOfOneThatWasLeftAlone) {
  const std::string algorithm = GetParam();
  const std::string folder = FreshFolder("runs-" + algorithm);
  const ProcessResult whole = RunProcess(Command(folder + "/whole", algorithm), kRunLimit);
  ASSERT_EQ(whole.exit_code, 0) << whole.err;
  const std::string expected = FinalPolicy(folder + "/whole");
  ASSERT_NE(expected, "");

  Rng random(20, {static_cast<uint64_t>(algorithm[0]) << 8 | static_cast<uint64_t>(algorithm.size())});
  for (int point = 0; point < kPointsPerAlgorithm; ++point) {
    const std::string role = algorithm == "es" ? "all" : kRoles[random.Next() % std::size(kRoles)];
    const std::string run = absl::StrCat(folder, "/", point, "-", role);
    SCOPED_TRACE(run);
    ProcessResult result;
    {
      Process process(Command(run, algorithm));
      KillOnce(&process, run, role, ProgressOf(algorithm), &random);
      result = process.Wait(kRunLimit);
    }
    if (role == "all") result = RunProcess(Command(run, algorithm), kRunLimit);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(FinalPolicy(run), expected) << result.err;
  }
}

INSTANTIATE_TEST_SUITE_P(EveryAlgorithm, RecoveryTest,
                         testing::Values("qmix", "vdn", "iql", "isac", "ssac", "masac", "es"),
                         [](const auto& info) { return std::string(info.param); });

}  // namespace
}  // namespace evenkeel
