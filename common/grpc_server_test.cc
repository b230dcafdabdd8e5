#include "common/grpc_server.h"

#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_posix.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/sync_stream.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/clock.h"
#include "common/endpoint.h"
#include "common/grpc_channel.h"
#include "common/grpc_status.h"

namespace evenkeel {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

GrpcServerOptions TestOptions() {
  GrpcServerOptions options;
  options.role = "replay";
  return options;
}

grpc::ByteBuffer NoBytes() { return grpc::ByteBuffer(nullptr, 0); }

grpc::Status Check(grpc::ChannelInterface* channel, const grpc::ByteBuffer& request, grpc::ClientContext* context) {
  const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check", grpc::internal::RpcMethod::NORMAL_RPC);
  grpc::ByteBuffer reply;
  return grpc::internal::BlockingUnaryCall(channel, method, context, request, &reply);
}

grpc::Status Check(const std::string& address, const std::string& request, grpc::ClientContext* context) {
  const grpc::Slice slice(request);
  context->set_deadline(GrpcDeadlineIn(absl::Seconds(10)));
  return Check(MakeGrpcChannel(address).get(), grpc::ByteBuffer(&slice, 1), context);
}

// grpc.health.v1.Health/Check of the whole server, as raw bytes: HealthCheckResponse{status: SERVING} is 08
// 01.
std::string CheckHealth(const std::string& address) {
  const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check",
                                         grpc::internal::RpcMethod::NORMAL_RPC);
  const std::shared_ptr<grpc::Channel> channel = MakeGrpcChannel(address);
  grpc::ClientContext context;
  context.set_deadline(GrpcDeadlineIn(absl::Seconds(5)));
  context.set_wait_for_ready(true);
  grpc::ByteBuffer request(nullptr, 0), reply;
  const grpc::Status status =
      grpc::internal::BlockingUnaryCall(channel.get(), method, &context, request, &reply);
  if (!status.ok()) return status.error_message();
  grpc::Slice slice;
  if (!reply.DumpToSingleSlice(&slice).ok()) return "no reply";
  return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
}

TEST(GrpcServerTest, AStartedServerIsHealthyAtTheAddressItPublished) {
  GrpcServerOptions options = TestOptions();
  options.run_folder = testing::TempDir() + "/healthy";
  const auto server = GrpcServer::Start(options, {});
  ASSERT_TRUE(server.ok()) << server.status();
  const auto published = AwaitEndpoint(options.run_folder, "replay", absl::ZeroDuration(), RealClock());
  ASSERT_TRUE(published.ok()) << published.status();
  EXPECT_EQ(*published, (*server)->address());
  EXPECT_EQ(CheckHealth(*published), "\x08\x01");
}

// Takes each connection half a second after it came, as a process that starts on a busy machine.
class SlowGreeter {
 public:
  SlowGreeter() : listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in any = {};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(any);
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&any), size), 0);
    EXPECT_EQ(::listen(listener_, 8), 0);
    EXPECT_EQ(::getsockname(listener_, reinterpret_cast<sockaddr*>(&any), &size), 0);
    address_ = absl::StrCat("127.0.0.1:", ntohs(any.sin_port));
    grpc::EnableDefaultHealthCheckService(true);
    server_ = grpc::ServerBuilder().BuildAndStart();
    thread_ = std::thread([this] { Greet(); });
  }
  ~SlowGreeter() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
    server_->Shutdown();
  }

  const std::string& address() const { return address_; }

 private:
  void Greet() {
    for (int peer; (peer = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
      absl::SleepFor(absl::Milliseconds(500));
      grpc::AddInsecureChannelFromFd(server_.get(), peer);
    }
  }

  const int listener_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
  std::thread thread_;
};

TEST(GrpcServerTest, AServerThatIsSlowToGreetIsWaitedFor) {
  const SlowGreeter greeter;
  grpc::ClientContext context;
  const grpc::Status status = Check(greeter.address(), "", &context);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST(GrpcServerTest, APortInUseIsRefusedByName) {
  const auto first = GrpcServer::Start(TestOptions(), {});
  ASSERT_TRUE(first.ok()) << first.status();
  GrpcServerOptions options = TestOptions();
  options.listen_address = (*first)->address();
  const auto second = GrpcServer::Start(options, {});
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists) << second.status();
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr("replay cannot listen on " + options.listen_address));
}

TEST(GrpcServerTest, APortIsFreeAgainAfterShutdown) {
  auto first = GrpcServer::Start(TestOptions(), {});
  ASSERT_TRUE(first.ok()) << first.status();
  GrpcServerOptions options = TestOptions();
  options.listen_address = (*first)->address();
  (*first)->Shutdown(absl::Seconds(1));
  const auto second = GrpcServer::Start(options, {});
  EXPECT_TRUE(second.ok()) << second.status();
}

TEST(GrpcServerTest, AnAddressThatIsNoneIsRefusedByName) {
  for (const std::string address : {"localhost", ":80", "127.0.0.1:http", "127.0.0.1:70000", "192.0.2.1:0"}) {
    GrpcServerOptions options = TestOptions();
    options.listen_address = address;
    const auto server = GrpcServer::Start(options, {});
    EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument)
        << address << ": " << server.status();
    EXPECT_THAT(std::string(server.status().message()), HasSubstr(address));
  }
}

TEST(GrpcServerTest, AMessageBeyondTheLimitIsRefused) {
  GrpcServerOptions options = TestOptions();
  options.max_message_bytes = 1000;
  const auto server = GrpcServer::Start(options, {});
  ASSERT_TRUE(server.ok()) << server.status();
  grpc::ClientContext context;
  const grpc::Status status = Check((*server)->address(), std::string(1001, 'x'), &context);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
  EXPECT_THAT(status.error_message(), HasSubstr("larger than max"));
}

TEST(GrpcServerTest, HeadersBeyondTheLimitAreRefused) {
  const auto server = GrpcServer::Start(TestOptions(), {});
  ASSERT_TRUE(server.ok()) << server.status();
  grpc::ClientContext context;
  context.AddMetadata("long", std::string(kMaxMetadataBytes + 1, 'x'));
  const grpc::Status status = Check((*server)->address(), "", &context);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED) << status.error_message();
}

TEST(GrpcServerTest, CallsBeyondTheLimitOfAConnectionWait) {
  GrpcServerOptions options = TestOptions();
  options.max_streams_per_connection = 1;
  const auto server = GrpcServer::Start(options, {});
  ASSERT_TRUE(server.ok()) << server.status();
  const std::shared_ptr<grpc::Channel> channel = MakeGrpcChannel((*server)->address());
  const grpc::internal::RpcMethod watch("/grpc.health.v1.Health/Watch", grpc::internal::RpcMethod::SERVER_STREAMING);
  grpc::ClientContext watching;
  const std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>> stream(
      grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(channel.get(), watch, &watching, NoBytes()));
  grpc::ByteBuffer health;
  ASSERT_TRUE(stream->Read(&health));
  grpc::ClientContext second;
  second.set_deadline(GrpcDeadlineIn(absl::Milliseconds(300)));
  EXPECT_EQ(Check(channel.get(), NoBytes(), &second).error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
  watching.TryCancel();
  stream->Finish();
  grpc::ClientContext third;
  third.set_deadline(GrpcDeadlineIn(absl::Seconds(10)));
  EXPECT_TRUE(Check(channel.get(), NoBytes(), &third).ok());
}

TEST(GrpcServerTest, ALongErrorReachesTheClientCut) {
  const grpc::Status status = ToGrpcStatus(absl::InternalError(std::string(1 << 20, '\n')));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(status.error_message(), std::string(4096, '\n'));
}

TEST(GrpcServerTest, AnAddressBeyondLoopbackIsRefusedWithoutTls) {
  for (const std::string address : {"0.0.0.0:0", "[::]:0", "192.0.2.1:0"}) {
    GrpcServerOptions options = TestOptions();
    options.listen_address = address;
    const auto server = GrpcServer::Start(options, {});
    EXPECT_EQ(server.status().code(), absl::StatusCode::kInvalidArgument) << server.status();
    EXPECT_THAT(std::string(server.status().message()),
                AllOf(HasSubstr(address), HasSubstr("evenkeel certs"), HasSubstr("--tls DIR")));
  }
}

TEST(GrpcServerTest, EveryFormOfLoopbackNeedsNoTls) {
  for (const std::string address : {"localhost:0", "127.0.0.1:0", "127.1.2.3:0"}) {
    GrpcServerOptions options = TestOptions();
    options.listen_address = address;
    const auto server = GrpcServer::Start(options, {});
    EXPECT_TRUE(server.ok()) << server.status();
  }
}

TEST(GrpcServerTest, AFailureToPublishStopsTheServer) {
  GrpcServerOptions options = TestOptions();
  options.run_folder = "/dev/null/run";
  const auto server = GrpcServer::Start(options, {});
  EXPECT_FALSE(server.ok());
  EXPECT_THAT(std::string(server.status().message()), HasSubstr("/dev/null/run"));
}

}  // namespace
}  // namespace evenkeel
