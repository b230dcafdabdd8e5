// The product as a user runs it: one command, real processes, a trained policy and a table.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "absl/strings/str_split.h"
#include "common/durable_file.h"
#include "tests/process.h"
#include "tests/tiny_run.h"

namespace evenkeel {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr absl::Duration kRunLimit = absl::Minutes(4);

std::string TraceFolder() {
  if (const char* named = std::getenv("EVENKEEL_TRACES")) return named;
  // The checkout's own parent, found through the workspace's source link of this file.
  const fs::path source = fs::canonical("tests/end_to_end_test.cc");
  return (source.parent_path().parent_path().parent_path() / "shared/traces").string();
}

TEST(EndToEndTest, OneCommandTrainsEvaluatesAndLeavesAWholeRunFolder) {
  const std::string run = FreshFolder("runs") + "/tiny";
  const ProcessResult result = RunProcess(TinyRun(run), kRunLimit);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  for (const char* row : {"qmix", "sed", "lsq", "wcmp", "random_weights", "sed_static", "sed_global", "oracle"}) {
    EXPECT_THAT(result.out, HasSubstr(row));
  }
  EXPECT_EQ(Lines(run + "/metrics.jsonl"), 6);
  EXPECT_NE(FinalPolicy(run), "");
  EXPECT_TRUE(fs::exists(run + "/RESULT.json"));
  EXPECT_TRUE(fs::exists(run + "/config.textproto"));
  EXPECT_THAT(ProcessesWith(run), testing::IsEmpty());
}

TEST(EndToEndTest, TheAlgorithmSwapsByFlag) {
  const std::string run = FreshFolder("runs") + "/sed";
  const ProcessResult result = RunProcess(TinyRun(run, {"--algo=sed"}), kRunLimit);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(Lines(run + "/metrics.jsonl"), 6);
  EXPECT_THAT(result.out, HasSubstr("sed"));
  EXPECT_FALSE(fs::exists(run + "/policies")) << "a heuristic has nothing to learn";
}

TEST(EndToEndTest, TheStaticRatioIsSearchedBeforeTheRunAndKeptInItsConfig) {
  const std::string run = FreshFolder("runs") + "/static";
  const ProcessResult result = RunProcess(TinyRun(run, {"--algo=sed_static"}), kRunLimit);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(*ReadFile(run + "/config.textproto"), HasSubstr("exponent:"));
}

TEST(EndToEndTest, TheSameSeedGivesTheSamePolicyBitForBitAndAnotherSeedAnother) {
  const std::string folder = FreshFolder("runs");
  ASSERT_EQ(RunProcess(TinyRun(folder + "/a"), kRunLimit).exit_code, 0);
  ASSERT_EQ(RunProcess(TinyRun(folder + "/b"), kRunLimit).exit_code, 0);
  ASSERT_EQ(RunProcess(TinyRun(folder + "/c", {"--seed=2"}), kRunLimit).exit_code, 0);
  EXPECT_EQ(FinalPolicy(folder + "/a"), FinalPolicy(folder + "/b"));
  EXPECT_NE(FinalPolicy(folder + "/a"), FinalPolicy(folder + "/c"));
}

TEST(EndToEndTest, ARunKilledInTheMiddleResumesAndEndsWithTheSamePolicy) {
  const std::string folder = FreshFolder("runs");
  ASSERT_EQ(RunProcess(TinyRun(folder + "/whole"), kRunLimit).exit_code, 0);

  const std::string run = folder + "/cut";
  {
    Process cut(TinyRun(run));
    ASSERT_TRUE(WaitUntil(kRunLimit, [&] { return Lines(run + "/metrics.jsonl") >= 4; }));
    cut.Signal(SIGKILL);
  }
  EXPECT_TRUE(WaitUntil(absl::Seconds(20), [&] { return ProcessesWith(run).empty(); })) << "an orphan survived";

  const ProcessResult resumed = RunProcess({EvenkeelBinary(), "resume", run}, kRunLimit);
  ASSERT_EQ(resumed.exit_code, 0) << resumed.err;
  EXPECT_EQ(Lines(run + "/metrics.jsonl"), 6);
  EXPECT_EQ(FinalPolicy(run), FinalPolicy(folder + "/whole"));
}

TEST(EndToEndTest, WithoutRestartsAKilledChildEndsTheRunNamesItselfAndLeavesNoOrphan) {
  const std::string run = FreshFolder("runs") + "/killed";
  Process process(TinyRun(run, {"--set", "training.episodes=2000", "--set", "recovery.max_restarts=0"}));
  ASSERT_TRUE(WaitUntil(kRunLimit, [&] { return Lines(run + "/metrics.jsonl") >= 2; }));
  const pid_t replay = PidOf(run, "replay");
  ASSERT_GT(replay, 0);
  ASSERT_EQ(kill(replay, SIGKILL), 0);
  const ProcessResult result = process.Wait(absl::Minutes(1));
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("replay"));
  EXPECT_THAT(result.err, HasSubstr("signal 9"));
  EXPECT_TRUE(WaitUntil(absl::Seconds(20), [&] { return ProcessesWith(run).empty(); }));
}

TEST(EndToEndTest, AFullDiskEndsTheRunSaysSoAndLeavesNoOrphanAndNoHalfWrittenFile) {
  const std::string disk = FreshFolder("disk");
  if (mount("tmpfs", disk.c_str(), "tmpfs", 0, "size=3m") != 0) {
    GTEST_SKIP() << "cannot mount a small disk here: " << strerror(errno) << " (needs root)";
  }
  const std::string run = disk + "/run";
  const ProcessResult result = RunProcess(TinyRun(run, {"--set", "training.episodes=2000"}), kRunLimit);
  std::vector<std::string> halves;
  for (const auto& entry : fs::recursive_directory_iterator(disk)) {
    if (entry.path().string().find(".tmp") != std::string::npos) halves.push_back(entry.path().string());
  }
  EXPECT_EQ(umount2(disk.c_str(), MNT_DETACH), 0);
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("the disk is full"));
  EXPECT_THAT(halves, testing::IsEmpty());
  EXPECT_TRUE(WaitUntil(absl::Seconds(20), [&] { return ProcessesWith(run).empty(); }));
}

TEST(EndToEndTest, AnAuthorsTraceTrainsAndEvaluates) {
  const std::string trace = TraceFolder() + "/poisson_for_loop_rate_400.csv.gz";
  if (!fs::exists(trace)) GTEST_SKIP() << "no authors' trace at " << trace << " (set EVENKEEL_TRACES to their folder)";
  const std::string folder = FreshFolder("runs");
  const std::string cut = folder + "/cut.csv";
  ASSERT_EQ(RunProcess({"/bin/sh", "-c", "zcat " + trace + " | head -n 12001 > " + cut}, absl::Minutes(1)).exit_code, 0);

  const std::string run = folder + "/trace";
  std::vector<std::string> arguments = TinyRun(run, {"--set", "workload.trace.path=" + cut});
  arguments[2] = "experiments/configs/trace.textproto";
  const ProcessResult result = RunProcess(arguments, kRunLimit);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("qmix"));
  EXPECT_EQ(Lines(run + "/metrics.jsonl"), 6);
}

}  // namespace
}  // namespace evenkeel
