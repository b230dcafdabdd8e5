// Real servers and clients on loopback, with certificates of one authority, of two, old ones and none.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/support/byte_buffer.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/time/clock.h"
#include "common/certificates.h"
#include "common/grpc_channel.h"
#include "common/grpc_server.h"
#include "common/grpc_status.h"

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

PeerSettings With(TlsIdentity identity) {
  PeerSettings settings;
  settings.tls = std::make_shared<const TlsIdentity>(std::move(identity));
  return settings;
}

std::vector<TlsIdentity> Make(int nodes, absl::Time begin, absl::Time end) {
  absl::StatusOr<std::vector<TlsIdentity>> identities = MakeTlsIdentities(nodes, begin, end);
  EXPECT_TRUE(identities.ok()) << identities.status();
  return *std::move(identities);
}

std::vector<TlsIdentity> MakeValid(int nodes) {
  return Make(nodes, absl::Now() - absl::Hours(1), absl::Now() + absl::Hours(1));
}

std::unique_ptr<GrpcServer> Serve(const PeerSettings& peers,
                                  const std::string& listen_address = "127.0.0.1:0") {
  GrpcServerOptions options;
  options.role = "replay";
  options.listen_address = listen_address;
  options.peers = peers;
  absl::StatusOr<std::unique_ptr<GrpcServer>> server = GrpcServer::Start(options, {});
  EXPECT_TRUE(server.ok()) << server.status();
  return *std::move(server);
}

// What a health check by a client with these settings comes to.
absl::Status Call(const std::string& address, const PeerSettings& peers) {
  const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check",
                                         grpc::internal::RpcMethod::NORMAL_RPC);
  const auto channel = MakeGrpcChannel(address, 1 << 20, GrpcTraffic::kBulk, peers);
  grpc::ClientContext context;
  context.set_deadline(GrpcDeadlineIn(absl::Seconds(10)));
  grpc::ByteBuffer request(nullptr, 0), reply;
  return FromGrpcStatus(grpc::internal::BlockingUnaryCall(channel.get(), method, &context, request, &reply));
}

TEST(GrpcTlsTest, TwoNodesOfOneAuthorityTalk) {
  const auto nodes = MakeValid(2);
  const auto server = Serve(With(nodes[0]));
  const absl::Status status = Call(server->address(), With(nodes[1]));
  EXPECT_TRUE(status.ok()) << status;
}

// PORT of HOST:PORT.
std::string PortOf(const std::string& address) { return address.substr(address.rfind(':')); }

TEST(GrpcTlsTest, AServerOnEveryAddressPublishesTheAdvertisedHost) {
  PeerSettings settings = With(MakeValid(1)[0]);
  settings.advertised_host = "lb-7.example";
  const auto server = Serve(settings, "0.0.0.0:0");
  EXPECT_EQ(server->address(), "lb-7.example" + PortOf(server->address()));
  const absl::Status status = Call("127.0.0.1" + PortOf(server->address()), settings);
  EXPECT_TRUE(status.ok()) << status;
}

TEST(GrpcTlsTest, AServerOnEveryAddressPublishesTheMachinesNameByDefault) {
  char name[256] = "";
  ASSERT_EQ(::gethostname(name, sizeof(name)), 0);
  const auto server = Serve(With(MakeValid(1)[0]), "0.0.0.0:0");
  EXPECT_EQ(server->address(), name + PortOf(server->address()));
}

TEST(GrpcTlsTest, AClientWithoutACertificateIsRefused) {
  const auto nodes = MakeValid(1);
  const auto server = Serve(With(nodes[0]));
  TlsIdentity anonymous;
  anonymous.authority = nodes[0].authority;
  const absl::Status status = Call(server->address(), With(anonymous));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("TLS")) << status;
}

TEST(GrpcTlsTest, AClientWithACertificateOfAnotherAuthorityIsRefused) {
  const auto nodes = MakeValid(1);
  const auto server = Serve(With(nodes[0]));
  TlsIdentity stranger = MakeValid(1)[0];
  stranger.authority = nodes[0].authority;  // it would accept our server
  const absl::Status status = Call(server->address(), With(stranger));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("TLS")) << status;
}

TEST(GrpcTlsTest, AServerOfAnotherAuthorityIsRefusedByTheClient) {
  const auto server = Serve(With(MakeValid(1)[0]));
  const absl::Status status = Call(server->address(), With(MakeValid(1)[0]));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("TLS")) << status;
}

TEST(GrpcTlsTest, AClientWhoseCertificateExpiredIsRefused) {
  const auto expired = Make(1, absl::Now() - absl::Hours(2), absl::Now() - absl::Hours(1))[0];
  PeerSettings server_side = With(MakeValid(1)[0]);
  TlsIdentity trusting = *server_side.tls;
  trusting.authority += expired.authority;  // only the dates are wrong
  const auto server = Serve(With(trusting));
  TlsIdentity client = expired;
  client.authority = server_side.tls->authority;
  const absl::Status status = Call(server->address(), With(client));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("TLS")) << status;
}

TEST(GrpcTlsTest, APlainClientIsRefusedWithAMessageThatSaysTls) {
  const auto server = Serve(With(MakeValid(1)[0]));
  const absl::Status status = Call(server->address(), PeerSettings());
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("--tls")) << status;
}

TEST(GrpcTlsTest, ATlsClientOfAPlainServerIsToldSo) {
  const auto server = Serve(PeerSettings());
  const absl::Status status = Call(server->address(), With(MakeValid(1)[0]));
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("--tls")) << status;
}

}  // namespace
}  // namespace evenkeel
