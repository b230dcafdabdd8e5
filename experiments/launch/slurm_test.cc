#include "experiments/launch/slurm.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdio.h>
#include <sys/wait.h>

#include <cstdlib>

#include "common/durable_file.h"

namespace evenkeel {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

LaunchRequest Example() {
  LaunchRequest request;
  request.name = "quickstart";
  request.program = "/opt/evenkeel";
  request.runs = {"/runs/a"};
  request.hosts = 3;
  request.tls_folder = "/etc/it's/tls";
  request.log_folder = "/logs";
  return request;
}

TEST(SlurmScriptTest, AsksForItsHostsItsSignalAndItsRequeue) {
  LaunchRequest request = Example();
  request.partition = "lbs";
  request.time_limit = "1:00:00";
  request.options = {"--mem=4G"};
  const std::string script = RenderSlurmScript(request);
  for (const char* line : {"#SBATCH --nodes=3\n", "#SBATCH --ntasks-per-node=1\n", "#SBATCH --requeue\n",
                           "#SBATCH --open-mode=append\n", "#SBATCH --signal=USR1@60\n", "#SBATCH --partition=lbs\n",
                           "#SBATCH --time=1:00:00\n", "#SBATCH --mem=4G\n", "#SBATCH --output=/logs/slurm-%j.log\n"}) {
    EXPECT_THAT(script, HasSubstr(line));
  }
  EXPECT_THAT(script, Not(HasSubstr("--array")));
}

TEST(SlurmScriptTest, SeveralRunsAreOneArrayAndRequeueTheirOwnTask) {
  LaunchRequest request = Example();
  request.runs = {"/runs/a", "/runs/b"};
  const std::string script = RenderSlurmScript(request);
  EXPECT_THAT(script, HasSubstr("#SBATCH --array=0-1\n"));
  EXPECT_THAT(script, HasSubstr("slurm-%A_%a.log"));
}

// The script as bash runs it, with srun and scontrol that write down what they were given.
class SlurmScriptRunTest : public testing::Test {
 protected:
  SlurmScriptRunTest() : folder_(testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name()) {
    EXPECT_TRUE(MakeFolders(folder_ + "/run").ok());
    Write("srun", "#!/bin/sh\necho srun \"$@\" $EVENKEEL_TLS >> $FOLDER/calls\nexit $CODE\n");
    Write("scontrol", "#!/bin/sh\necho scontrol \"$@\" >> $FOLDER/calls\n");
  }

  void Write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(WriteFileDurably(folder_ + "/" + name, text).ok());
    ASSERT_EQ(std::system(("chmod +x " + folder_ + "/" + name).c_str()), 0);
  }

  // The exit code; *calls: of srun and scontrol.
  int Run(LaunchRequest request, int code, const std::string& environment, std::string* calls) {
    request.runs = {folder_ + "/run", folder_ + "/other"};
    EXPECT_TRUE(WriteFileDurably(folder_ + "/script", RenderSlurmScript(request)).ok());
    std::remove((folder_ + "/calls").c_str());
    const int status = std::system(("env PATH=" + folder_ + ":$PATH FOLDER=" + folder_ + " CODE=" + std::to_string(code) + " " +
                                    environment + " bash " + folder_ + "/script > /dev/null")
                                       .c_str());
    *calls = ReadFile(folder_ + "/calls").value_or("");
    return WEXITSTATUS(status);
  }

  const std::string folder_;
};

constexpr char kArray[] = "SLURM_ARRAY_JOB_ID=7 SLURM_ARRAY_TASK_ID=0 SLURM_JOB_ID=9";

TEST_F(SlurmScriptRunTest, StartsEveryHostAndEndsWithItsExitCode) {
  std::string calls;
  EXPECT_EQ(Run(Example(), 0, kArray, &calls), 0);
  EXPECT_EQ(calls, "srun --kill-on-bad-exit=0 /opt/evenkeel serve auto --run " + folder_ + "/run /etc/it's/tls\n");
}

TEST_F(SlurmScriptRunTest, APreemptedTaskOfAnArrayRequeuesItselfAndNotItsParent) {
  std::string calls;
  EXPECT_EQ(Run(Example(), 75, kArray, &calls), 75);
  EXPECT_THAT(calls, HasSubstr("scontrol requeue 7_0\n"));
}

TEST_F(SlurmScriptRunTest, AJobWithoutArrayRequeuesByItsOwnNumber) {
  std::string calls;
  Run(Example(), 75, "SLURM_JOB_ID=9", &calls);
  EXPECT_THAT(calls, HasSubstr("scontrol requeue 9\n"));
}

TEST_F(SlurmScriptRunTest, WhatRankZeroSaysCountsBeforeTheLossesOfOthers) {
  Write("srun", "#!/bin/sh\necho 3 > $FOLDER/run/exit\nexit 5\n");
  std::string calls;
  EXPECT_EQ(Run(Example(), 0, kArray, &calls), 3);
  EXPECT_THAT(calls, Not(HasSubstr("scontrol")));
}

TEST_F(SlurmScriptRunTest, AHostThatNeverEndsDoesNotHoldTheJobWhenRankZeroHasEnded) {
  Write("srun", "#!/bin/sh\necho 6 > $FOLDER/run/exit\nexec sleep 1000\n");
  LaunchRequest request = Example();
  request.follow_seconds = 1;
  std::string calls;
  EXPECT_EQ(Run(request, 0, kArray, &calls), 6);
  EXPECT_THAT(calls, HasSubstr("scontrol requeue 7_0\n"));
}

TEST_F(SlurmScriptRunTest, AFailureIsTriedAgainUpToTheBound) {
  LaunchRequest request = Example();
  request.max_requeues = 2;
  std::string calls;
  for (int code : {6, 137}) {
    Run(request, code, kArray, &calls);
    EXPECT_THAT(calls, HasSubstr("scontrol requeue")) << code;
  }
  EXPECT_EQ(Run(request, 1, kArray, &calls), 1);
  EXPECT_THAT(calls, Not(HasSubstr("scontrol")));
}

TEST_F(SlurmScriptRunTest, WhatAnotherTryWouldNotMendIsNotTriedAgain) {
  std::string calls;
  for (int code : kFinalExitCodes) {
    EXPECT_EQ(Run(Example(), code, kArray, &calls), code);
    EXPECT_THAT(calls, Not(HasSubstr("scontrol"))) << code;
  }
}

TEST(SbatchTest, TheJobsNumberIsFoundAndNonsenseIsQuoted) {
  EXPECT_EQ(*ParseSbatch("123\n"), 123u);
  EXPECT_EQ(*ParseSbatch("123;cluster\n"), 123u);
  EXPECT_THAT(std::string(ParseSbatch("error: no").status().message()), HasSubstr("\"error: no\""));
}

TEST(SqueueTest, StatesAreFoundByTask) {
  EXPECT_THAT(ParseSqueue("123_0 RUNNING None\n123_4 PENDING BeginTime\nnonsense\n"),
              UnorderedElementsAre(Pair(0, "RUNNING"), Pair(4, "PENDING (BeginTime)")));
  EXPECT_THAT(ParseSqueue("123 COMPLETING None\n"), UnorderedElementsAre(Pair(0, "COMPLETING")));
}

TEST(SqueueTest, AJobThatIsGoneIsAnAnswerAndAControllerThatIsAwayIsNone) {
  EXPECT_TRUE(SqueueAnswered(0, ""));
  EXPECT_TRUE(SqueueAnswered(1, "slurm_load_jobs error: Invalid job id specified\n"));
  EXPECT_FALSE(SqueueAnswered(1, "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n"));
}

}  // namespace
}  // namespace evenkeel
