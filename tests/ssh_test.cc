// `evenkeel launch --on=ssh` through a real sshd: two of them on loopback, each a host.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/durable_file.h"
#include "experiments/launch/host_address.h"
#include "tests/process.h"
#include "tests/tiny_run.h"

namespace evenkeel {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr absl::Duration kLimit = absl::Minutes(4);
constexpr absl::Duration kStartLimit = absl::Seconds(30);

std::string FindWhyNot() {
  for (const char* program : {"/usr/sbin/sshd", "/usr/bin/ssh", "/usr/bin/ssh-keygen"}) {
    if (!std::filesystem::exists(program)) return absl::StrCat(program, " is not installed (tools/setup)");
  }
  const absl::StatusOr<std::string> address = FirstHostAddress();
  if (!address.ok()) return std::string(address.status().message());
  return "";
}

// Empty: it can be run.
const std::string& WhyNot() {
  static const auto* const reason = new std::string(FindWhyNot());
  return *reason;
}

// A port of loopback that nobody has at the moment.
int FreePort() {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  ::close(fd);
  return ::ntohs(address.sin_port);
}

// Hosts "ek-a" and "ek-b" and their keys, known to an `ssh` that stands before the real one on PATH; nobody's
// own keys, known hosts or configuration are read.
class SshTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!WhyNot().empty()) GTEST_SKIP() << "no ssh between hosts here: " << WhyNot();
    folder_ = std::filesystem::path(FreshFolder("ssh")).lexically_normal().string();
    for (const char* key : {"host_key", "user_key"}) {
      const ProcessResult made = RunProcess(
          {"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder_ + "/" + key}, kStartLimit);
      ASSERT_EQ(made.exit_code, 0) << made.err;
    }
    Write("authorized_keys", *ReadFile(folder_ + "/user_key.pub"));
    Write("known_hosts", "ek-a,ek-b " + *ReadFile(folder_ + "/host_key.pub"));
    Write("bin/ssh", absl::StrCat("#!/bin/sh\nexec /usr/bin/ssh -F ", folder_, "/ssh_config \"$@\"\n"));
    ASSERT_EQ(::chmod((folder_ + "/bin/ssh").c_str(), 0755), 0);
    // Only sshd as root needs it; its service makes it.
    if (::geteuid() == 0) std::filesystem::create_directories("/run/sshd");
    const ProcessResult certs = RunProcess({EvenkeelBinary(), "certs", folder_ + "/tls"}, kStartLimit);
    ASSERT_EQ(certs.exit_code, 0) << certs.err;
  }

  void Write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(folder_ + "/" + name).parent_path());
    ASSERT_TRUE(WriteFileDurably(folder_ + "/" + name, text).ok()) << name;
  }

  // A host that answers, at `port`.
  void StartHost(const std::string& host, int port) {
    Write(host + ".conf", absl::StrCat("ListenAddress 127.0.0.1:", port, "\nHostKey ", folder_, "/host_key",
                                       "\nAuthorizedKeysFile ", folder_, "/authorized_keys",
                                       "\nPasswordAuthentication no\nKbdInteractiveAuthentication no",
                                       "\nPermitRootLogin prohibit-password\nUsePAM no\nStrictModes no",
                                       "\nPidFile none\nPrintMotd no\n"));
    Know(host, port);
    daemons_.push_back(std::make_unique<Process>(
        std::vector<std::string>{"/usr/sbin/sshd", "-D", "-e", "-f", folder_ + "/" + host + ".conf"}));
    ProcessResult login;
    const auto let_in = [&] {
      login = RunProcess({folder_ + "/bin/ssh", host, "true"}, kStartLimit);
      return login.exit_code == 0;
    };
    ASSERT_TRUE(WaitUntil(kStartLimit, let_in))
        << host << ": " << login.err << daemons_.back()->Wait(absl::ZeroDuration()).err;
  }

  // What ssh knows of a host.
  void Know(const std::string& host, int port) {
    absl::StrAppend(&client_config_, "Host ", host, "\n  HostName 127.0.0.1\n  Port ", port,
                    "\n  HostKeyAlias ", host, "\n  User ", ::getpwuid(::geteuid())->pw_name,
                    "\n  IdentityFile ", folder_, "/user_key\n  IdentitiesOnly yes",
                    "\n  UserKnownHostsFile ", folder_, "/known_hosts\n  GlobalKnownHostsFile /dev/null",
                    "\n  StrictHostKeyChecking yes\n  LogLevel ERROR\n");
    Write("ssh_config", client_config_);
  }

  // `evenkeel launch` over both hosts, with its runs in `out`.
  std::unique_ptr<Process> Launch(const std::string& out, const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {EvenkeelBinary(),    "launch",
                                          "quickstart",        "--on=ssh",
                                          "--hosts=ek-a,ek-b", "--tls=" + folder_ + "/tls",
                                          "--out=" + out};
    const std::vector<std::string> settings = TinySettings();
    arguments.insert(arguments.end(), settings.begin(), settings.end());
    arguments.insert(arguments.end(), more.begin(), more.end());
    return std::make_unique<Process>(
        arguments, std::vector<std::string>{absl::StrCat("PATH=", folder_, "/bin:/usr/bin:/bin")});
  }

  static std::string RunIn(const std::string& out) { return out + "/quickstart/qmix-s1"; }

  void ExpectNothingLeftOf(const std::string& out) {
    std::vector<std::string> left;
    EXPECT_TRUE(WaitUntil(absl::Seconds(30), [&] { return (left = ProcessesWith(out)).empty(); }))
        << testing::PrintToString(left);
  }

  std::string folder_;

 private:
  std::string client_config_;
  std::vector<std::unique_ptr<Process>> daemons_;
};

TEST_F(SshTest, TwoHostsTrainOverMutualTlsWhatOneMachineTrains) {
  StartHost("ek-a", FreePort());
  StartHost("ek-b", FreePort());
  const std::string out = folder_ + "/out";
  const ProcessResult result = Launch(out)->Wait(kLimit);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(ReadFile(RunIn(out) + "/status.json").value_or(""), HasSubstr("finished"));
  const ProcessResult alone = RunProcess(TinyRun(folder_ + "/alone"), kLimit);
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  EXPECT_NE(FinalPolicy(folder_ + "/alone"), "");
  EXPECT_TRUE(FinalPolicy(RunIn(out)) == FinalPolicy(folder_ + "/alone"));
  ExpectNothingLeftOf(out);
}

TEST_F(SshTest, AHostThatIsNotReachedIsNamedAndNothingIsLeftRunning) {
  StartHost("ek-a", FreePort());
  Know("ek-b", FreePort());
  const std::string out = folder_ + "/out";
  const ProcessResult result = Launch(out)->Wait(kLimit);
  EXPECT_EQ(result.exit_code, 5) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("ek-b"), HasSubstr("Connection refused")));
  EXPECT_THAT(result.err, Not(HasSubstr("ek-a")));
  EXPECT_FALSE(std::filesystem::exists(RunIn(out) + "/attempts"));
  ExpectNothingLeftOf(out);
}

TEST_F(SshTest, EveryHostThatLacksTheCertificatesIsNamedWithTheirPath) {
  StartHost("ek-a", FreePort());
  StartHost("ek-b", FreePort());
  std::filesystem::remove_all(folder_ + "/tls");
  const std::string out = folder_ + "/out";
  const ProcessResult result = Launch(out)->Wait(kLimit);
  EXPECT_EQ(result.exit_code, 4) << result.err;
  for (const char* host : {"ek-a", "ek-b"})
    EXPECT_THAT(result.err, HasSubstr(absl::StrCat("host ", host, " lacks")));
  EXPECT_THAT(result.err, HasSubstr("'" + folder_ + "/tls': No such file"));
  EXPECT_FALSE(std::filesystem::exists(RunIn(out) + "/attempts"));
}

TEST_F(SshTest, AConnectionThatBreaksIsMadeAgainAndTheRunEndsAsOneLeftAlone) {
  StartHost("ek-a", FreePort());
  StartHost("ek-b", FreePort());
  const std::string out = folder_ + "/out";
  // Long enough to be hit in the middle, twice.
  const std::vector<std::string> longer = {"--set", "training.episodes=16", "--set",
                                           "training.episode_seconds=20"};
  const std::unique_ptr<Process> launch = Launch(out, longer);
  for (const auto& [host, episodes] :
       {std::pair<std::string, int>("ek-b", 2), std::pair<std::string, int>("ek-a", 6)}) {
    ASSERT_TRUE(WaitUntil(kLimit, [&, count = episodes] {
      return Lines(RunIn(out) + "/metrics.jsonl") >= count;
    })) << launch->Wait(absl::ZeroDuration()).err;
    int killed = 0;
    for (const std::string& client : ProcessesWith(folder_ + "/ssh_config")) {
      if (absl::StrContains(client, absl::StrCat(" ", host, " ")))
        killed += kill(std::stoi(client), SIGKILL) == 0;
    }
    EXPECT_EQ(killed, 1) << host;
  }
  const ProcessResult result = launch->Wait(kLimit);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("host-0-ek-a was killed by signal 9"),
                                HasSubstr("host-1-ek-b was killed by signal 9")));
  const ProcessResult alone = RunProcess(TinyRun(folder_ + "/alone", longer), kLimit);
  ASSERT_EQ(alone.exit_code, 0) << alone.err;
  EXPECT_TRUE(FinalPolicy(RunIn(out)) == FinalPolicy(folder_ + "/alone"));
  ExpectNothingLeftOf(out);
}

}  // namespace
}  // namespace evenkeel
