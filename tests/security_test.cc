// Who may talk to a run's processes: the binary with and without certificates, real processes, real
// connections.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "absl/time/clock.h"
#include "common/durable_file.h"
#include "common/endpoint.h"
#include "common/grpc_channel.h"
#include "common/grpc_status.h"
#include "protos/replay.grpc.pb.h"
#include "tests/process.h"

namespace evenkeel {
namespace {

using testing::AllOf;
using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr absl::Duration kLimit = absl::Minutes(4);
constexpr absl::Duration kStartLimit = absl::Seconds(60);

// A folder DIR with DIR/node-1 and DIR/node-2.
std::string MakeCertificates() {
  const std::string folder = FreshFolder("tls");
  const ProcessResult result = RunProcess({EvenkeelBinary(), "certs", folder, "--nodes=2"}, kStartLimit);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  return folder;
}

// As `evenkeel run` leaves it, before any process has run.
std::string MakeRunFolder() {
  const std::string run = FreshFolder("run");
  const ProcessResult config = RunProcess({EvenkeelBinary(), "config", "show", "quickstart"}, kStartLimit);
  EXPECT_TRUE(WriteFileDurably(run + "/config.textproto", config.out).ok());
  EXPECT_TRUE(WriteFileDurably(run + "/run.json", "{\"id\": \"x\"}").ok());
  return run;
}

std::vector<std::string> ServeReplay(const std::string& run, const std::vector<std::string>& more) {
  std::vector<std::string> arguments = {EvenkeelBinary(), "serve", "replay", "--run=" + run};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// What GetInfo comes to for a client with the certificates in `folder`; "" for none.
absl::Status GetInfo(const std::string& address, const std::string& folder) {
  PeerSettings peers;
  if (!folder.empty()) {
    const absl::StatusOr<TlsIdentity> identity = LoadTlsIdentity(folder, absl::Now());
    if (!identity.ok()) return identity.status();
    peers.tls = std::make_shared<const TlsIdentity>(*identity);
  }
  const auto stub = v1::Replay::NewStub(MakeGrpcChannel(address, 1 << 20, GrpcTraffic::kBulk, peers));
  grpc::ClientContext context;
  context.set_deadline(GrpcDeadlineIn(absl::Seconds(20)));
  v1::ReplayInfo reply;
  return FromGrpcStatus(stub->GetInfo(&context, v1::InfoRequest(), &reply));
}

TEST(SecurityTest, AWholeRunLearnsWithEveryConnectionUnderTls) {
  const std::string tls = MakeCertificates();
  const std::string run = FreshFolder("runs") + "/tls";
  std::vector<std::string> arguments = {EvenkeelBinary(), "run", "quickstart", "--out=" + run,
                                        "--tls=" + tls + "/node-1"};
  for (const char* setting :
       {"training.episodes=4", "training.worlds=2", "training.episode_seconds=2",
        "training.warmup_episodes=2", "training.batch_episodes=2", "training.updates_per_episode=2",
        "algorithm.qmix.hidden=8", "evaluation.seeds=2", "evaluation.seconds=2",
        "evaluation.warmup_seconds=1", "evaluation.policies=[sed]"}) {
    arguments.push_back("--set");
    arguments.push_back(setting);
  }
  const ProcessResult result = RunProcess(arguments, kLimit);
  ASSERT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(fs::exists(run + "/RESULT.json"));
}

TEST(SecurityTest, AServiceUnderTlsTakesTheOtherNodeAndRefusesAPlainClientAndAStranger) {
  const std::string tls = MakeCertificates();
  const std::string stranger = MakeCertificates();
  const std::string run = MakeRunFolder();
  Process replay(
      ServeReplay(run, {"--listen=0.0.0.0:0", "--advertise=localhost", "--tls=" + tls + "/node-1"}));
  const absl::StatusOr<std::string> address = AwaitEndpoint(run, "replay", kStartLimit, RealClock());
  ASSERT_TRUE(address.ok()) << address.status() << replay.Wait(absl::ZeroDuration()).err;
  EXPECT_THAT(*address, testing::StartsWith("localhost:"));
  const absl::Status other_node = GetInfo(*address, tls + "/node-2");
  EXPECT_TRUE(other_node.ok()) << other_node;
  EXPECT_THAT(GetInfo(*address, "").ToString(), AllOf(HasSubstr("UNAVAILABLE"), HasSubstr("--tls DIR")));
  EXPECT_THAT(GetInfo(*address, stranger + "/node-1").ToString(),
              AllOf(HasSubstr("UNAVAILABLE"), HasSubstr("--tls DIR")));
}

TEST(SecurityTest, AServiceBeyondLoopbackWithoutTlsDoesNotStart) {
  const std::string run = MakeRunFolder();
  const ProcessResult result = RunProcess(ServeReplay(run, {"--listen=0.0.0.0:0"}), kStartLimit);
  EXPECT_EQ(result.exit_code, 3) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("0.0.0.0:0"), HasSubstr("evenkeel certs"), HasSubstr("--tls DIR")));
  EXPECT_FALSE(fs::exists(run + "/endpoints/replay"));
}

TEST(SecurityTest, TheEnvironmentsTlsFolderIsUsedAndItsMistakesAreNamed) {
  const std::string run = MakeRunFolder();
  const ProcessResult result =
      RunProcess(ServeReplay(run, {}), kStartLimit, {"EVENKEEL_TLS=" + run + "/nosuch"});
  EXPECT_EQ(result.exit_code, 4) << result.err;
  EXPECT_THAT(result.err, HasSubstr(run + "/nosuch/ca.crt"));
}

}  // namespace
}  // namespace evenkeel
