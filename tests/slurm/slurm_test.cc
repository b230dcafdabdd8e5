// A training run over three nodes of a real Slurm, with mutual TLS between them; nodes die, and the job goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/durable_file.h"
#include "tests/process.h"
#include "tests/tiny_run.h"

namespace evenkeel {
namespace {

using testing::HasSubstr;

constexpr absl::Duration kLimit = absl::Minutes(5);
constexpr int kHosts = 3;
constexpr char kCluster[] = "tests/slurm/cluster.sh";

std::string FindWhyNot() {
  if (::geteuid() != 0) return "not root: namespaces cannot be made";
  for (const char* program : {"/usr/sbin/slurmctld", "/usr/bin/squeue", "/usr/sbin/slurmd", "/usr/sbin/munged", "/usr/sbin/ip"}) {
    if (!std::filesystem::exists(program)) return absl::StrCat(program, " is not installed (tools/setup)");
  }
  const ProcessResult made = RunProcess({"/usr/sbin/ip", "netns", "add", "ek-slurm-probe"}, absl::Minutes(1));
  RunProcess({"/usr/sbin/ip", "netns", "del", "ek-slurm-probe"}, absl::Minutes(1));
  if (made.exit_code != 0) return "network namespaces cannot be made here: " + made.err;
  return "";
}

// Empty: it can be run.
const std::string& WhyNot() {
  static const auto* const reason = new std::string(FindWhyNot());
  return *reason;
}

// Short enough for a socket's name, and seen by every node.
const std::string& ClusterFolder() {
  static const auto* const folder = [] {
    auto* name = new std::string("/tmp/ek-slurm-XXXXXX");
    if (::mkdtemp(name->data()) == nullptr) ADD_FAILURE() << *name << " cannot be made";
    return name;
  }();
  return *folder;
}

class SlurmTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    if (!WhyNot().empty()) return;
    const ProcessResult up = RunProcess({kCluster, "up", ClusterFolder(), absl::StrCat(kHosts)}, absl::Minutes(2));
    ASSERT_EQ(up.exit_code, 0) << up.err;
    folder_ = new std::string(FreshFolder("slurm"));
    const ProcessResult certs = RunProcess({EvenkeelBinary(), "certs", *folder_ + "/tls"}, kLimit);
    ASSERT_EQ(certs.exit_code, 0) << certs.err;
    const ProcessResult alone = RunProcess(TinyRun(*folder_ + "/alone", Settings()), kLimit);
    ASSERT_EQ(alone.exit_code, 0) << alone.err;
  }

  static void TearDownTestSuite() {
    if (!WhyNot().empty()) return;
    RunProcess({kCluster, "down", ClusterFolder()}, absl::Minutes(1));
    std::filesystem::remove_all(ClusterFolder());
  }

  void SetUp() override {
    if (!WhyNot().empty()) GTEST_SKIP() << "no Slurm here: " << WhyNot();
    ASSERT_NE(folder_, nullptr);
  }

  // Long enough to be hit in the middle.
  static std::vector<std::string> Settings() {
    return {"--set", "training.episodes=16", "--set", "training.episode_seconds=20", "--set", "barrier.stall_after_seconds=10",
            "--set", "barrier.join_seconds=30"};
  }

  // As the launcher passes it on: without doubled slashes.
  std::string Root() const {
    const std::filesystem::path folder = *folder_;
    return (folder / testing::UnitTest::GetInstance()->current_test_info()->name()).lexically_normal().string();
  }
  std::string RunFolder() const { return Root() + "/quickstart/qmix-s1"; }

  // `evenkeel launch` into Root(), which it follows to its end.
  std::unique_ptr<Process> Launch() {
    std::vector<std::string> arguments = {EvenkeelBinary(), "launch", "quickstart", "--on=slurm", absl::StrCat("--hosts=", kHosts),
                                          "--tls=" + *folder_ + "/tls", "--out=" + Root()};
    for (const std::vector<std::string>& settings : {TinySettings(), Settings()})
      arguments.insert(arguments.end(), settings.begin(), settings.end());
    return std::make_unique<Process>(arguments, std::vector<std::string>{"SLURM_CONF=" + ClusterFolder() + "/slurm.conf"});
  }

  bool Played(int episodes) {
    return WaitUntil(kLimit, [&] { return Lines(RunFolder() + "/metrics.jsonl") >= episodes; });
  }

  void Cluster(const std::string& command, const std::string& node) {
    ASSERT_EQ(RunProcess({kCluster, command, ClusterFolder(), node}, absl::Minutes(1)).exit_code, 0);
  }

  // The node that runs rank 0: it has the address at which the coordinator is found.
  std::string HeadNode() const {
    const std::string address = ReadFile(RunFolder() + "/endpoints/coordinator").value_or("");
    EXPECT_THAT(address, testing::MatchesRegex("198\\.18\\.8\\.[123]:[0-9]+\n?"));
    return absl::StrCat("n", address.substr(std::string("198.18.8.").size(), 1));
  }

  // Waits until the job is in the queue again.
  void AwaitRequeue() {
    ASSERT_TRUE(WaitUntil(kLimit, [&] {
      return absl::StrContains(Slurm({"/usr/bin/squeue", "--noheader", "--format=%T"}).out, "PENDING");
    })) << JobLog();
  }

  ProcessResult Slurm(std::vector<std::string> arguments) {
    return RunProcess(arguments, absl::Minutes(1), {"SLURM_CONF=" + ClusterFolder() + "/slurm.conf"});
  }

  std::string JobLog() const {
    std::string text;
    for (const auto& entry : std::filesystem::directory_iterator(Root())) {
      if (absl::StartsWith(entry.path().filename().string(), "slurm-")) text += ReadFile(entry.path().string()).value_or("");
    }
    return text;
  }

  void ExpectSameAsAlone(Process* launch) {
    const ProcessResult result = launch->Wait(kLimit);
    EXPECT_EQ(result.exit_code, 0) << result.err << JobLog();
    EXPECT_EQ(FinalPolicy(RunFolder()), FinalPolicy(*folder_ + "/alone")) << JobLog();
    EXPECT_EQ(Lines(RunFolder() + "/metrics.jsonl"), 16);
    EXPECT_EQ(ReadFile(RunFolder() + "/metrics.jsonl").value_or(""), ReadFile(*folder_ + "/alone/metrics.jsonl").value_or(""));
  }

  static std::string* folder_;
};

std::string* SlurmTest::folder_ = nullptr;

TEST_F(SlurmTest, ThreeNodesTrainOverMutualTlsWhatOneMachineTrains) {
  const std::unique_ptr<Process> launch = Launch();
  ASSERT_TRUE(Played(1)) << JobLog();
  const std::string address = ReadFile(RunFolder() + "/endpoints/coordinator").value_or("");
  EXPECT_THAT(address, HasSubstr("198.18.8."));
  ExpectSameAsAlone(launch.get());
}

TEST_F(SlurmTest, ADeadServiceStartsAgainOnItsNodeWhereItListened) {
  const std::unique_ptr<Process> launch = Launch();
  ASSERT_TRUE(Played(2)) << JobLog();
  for (const char* role : {"coordinator", "replay", "learner"}) {
    pid_t pid = 0;
    ASSERT_TRUE(WaitUntil(absl::Minutes(1), [&] { return (pid = PidOf(RunFolder(), role)) > 0; })) << role << JobLog();
    EXPECT_EQ(kill(pid, SIGKILL), 0) << role;
  }
  ExpectSameAsAlone(launch.get());
  EXPECT_THAT(JobLog(), HasSubstr("coordinator was killed by signal 9"));
  EXPECT_THAT(JobLog(), testing::Not(HasSubstr("start 1,")));
}

TEST_F(SlurmTest, ADeadNodeMakesSlurmRequeueTheJobWhichResumes) {
  const std::unique_ptr<Process> launch = Launch();
  ASSERT_TRUE(Played(2)) << JobLog();
  Cluster("crash", "n2");
  AwaitRequeue();
  Cluster("start", "n2");
  ExpectSameAsAlone(launch.get());
  EXPECT_THAT(JobLog(), HasSubstr("start 1,"));
}

// Coordinator, replay, learner and the job's own script die at once.
TEST_F(SlurmTest, TheDeathOfTheNodeOfRankZeroRequeuesTheJobWhichResumesWhenItIsBack) {
  const std::unique_ptr<Process> launch = Launch();
  ASSERT_TRUE(Played(2)) << JobLog();
  const std::string head = HeadNode();
  Cluster("crash", head);
  AwaitRequeue();
  Cluster("start", head);
  ExpectSameAsAlone(launch.get());
  EXPECT_THAT(JobLog(), HasSubstr("start 1,"));
}

// Slurm never notices this one: the node is back before SlurmdTimeout, without its part of the job.
TEST_F(SlurmTest, ANodeThatIsBackAtOnceIsMissedByTheBarrierAndTheJobRequeuesItself) {
  const std::unique_ptr<Process> launch = Launch();
  ASSERT_TRUE(Played(2)) << JobLog();
  Cluster("crash", "n3");
  Cluster("start", "n3");
  ExpectSameAsAlone(launch.get());
  EXPECT_THAT(JobLog(), HasSubstr("exit code 6; again: yes"));
}

TEST_F(SlurmTest, TheSignalBeforeTheTimeLimitSavesTheStateAndRequeues) {
  const std::unique_ptr<Process> launch = Launch();
  ASSERT_TRUE(Played(2)) << JobLog();
  const std::string job = Slurm({"/usr/bin/squeue", "--noheader", "--format=%i"}).out;
  EXPECT_EQ(Slurm({"/usr/bin/scancel", "--signal=USR1", std::string(absl::StripAsciiWhitespace(job))}).exit_code, 0);
  ExpectSameAsAlone(launch.get());
  EXPECT_THAT(JobLog(), HasSubstr("exit code 75; again: yes"));
}

}  // namespace
}  // namespace evenkeel
