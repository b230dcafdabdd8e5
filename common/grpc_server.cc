#include "common/grpc_server.h"

#include <errno.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <mutex>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/endpoint.h"
#include "common/grpc_channel.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

struct HostPort {
  std::string host;
  std::string port;
};

absl::StatusOr<HostPort> SplitAddress(const std::string& role, const std::string& address) {
  const size_t colon = address.rfind(':');
  int port = -1;
  if (colon == std::string::npos || colon == 0 || !absl::SimpleAtoi(address.substr(colon + 1), &port) ||
      port < 0 || port > 65535) {
    return absl::InvalidArgumentError(absl::StrCat(role, " cannot listen on \"", address,
                                                   "\": expected HOST:PORT with a port from 0 to 65535"));
  }
  return HostPort{address.substr(0, colon), address.substr(colon + 1)};
}

std::string WithoutBrackets(const std::string& host) {
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return bracketed ? host.substr(1, host.size() - 2) : host;
}

// gRPC keeps the cause of a failed bind to its log, so we ask the kernel again.
absl::Status ExplainBindFailure(const GrpcServerOptions& options, const HostPort& where) {
  const std::string prefix = absl::StrCat(options.role, " cannot listen on ", options.listen_address, ": ");
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(WithoutBrackets(where.host).c_str(), where.port.c_str(), &hints, &found);
  if (error != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(prefix, "host \"", where.host, "\": ", ::gai_strerror(error)));
  }
  const int fd = ::socket(found->ai_family, found->ai_socktype, found->ai_protocol);
  const int enable = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &enable, sizeof(enable));
  const bool bound = ::bind(fd, found->ai_addr, found->ai_addrlen) == 0 && ::listen(fd, 1) == 0;
  const int cause = bound ? 0 : errno;
  ::close(fd);
  ::freeaddrinfo(found);
  if (cause == EADDRINUSE) {
    return absl::AlreadyExistsError(absl::StrCat(
        prefix, "the port is in use; stop the process that holds it, or listen on port 0 for a free one"));
  }
  if (cause == 0)
    return absl::UnavailableError(absl::StrCat(prefix, "it was refused a moment ago; try again"));
  return absl::InvalidArgumentError(absl::StrCat(prefix, ::strerror(cause)));
}

bool IsLoopback(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    return ::ntohl(reinterpret_cast<const sockaddr_in*>(address)->sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
  }
  if (address->sa_family != AF_INET6) return false;
  return IN6_IS_ADDR_LOOPBACK(&reinterpret_cast<const sockaddr_in6*>(address)->sin6_addr);
}

// Whether every address that `host` stands for is loopback. A host that is none is left for the bind to refuse.
bool IsLoopback(const std::string& host) {
  addrinfo* found = nullptr;
  if (::getaddrinfo(WithoutBrackets(host).c_str(), nullptr, nullptr, &found) != 0) return true;
  bool loopback = true;
  for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
    loopback = loopback && IsLoopback(entry->ai_addr);
  }
  ::freeaddrinfo(found);
  return loopback;
}

absl::Status CheckExposure(const GrpcServerOptions& options, const HostPort& where) {
  if (options.peers.tls != nullptr || IsLoopback(where.host)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(options.role, " cannot listen on ", options.listen_address,
                   ": without TLS it listens on loopback only, since anybody who reaches it could drive the run; make "
                   "certificates with `evenkeel certs DIR` and give --tls DIR (or EVENKEEL_TLS=DIR) to every process"));
}

// Where others find a server that listens at `host`.
std::string PublishedHost(const std::string& host, const PeerSettings& peers) {
  const std::string bare = WithoutBrackets(host);
  if (bare != "0.0.0.0" && bare != "::") return host;
  if (!peers.advertised_host.empty()) return peers.advertised_host;
  char name[HOST_NAME_MAX + 1] = "";
  ::gethostname(name, sizeof(name) - 1);
  return name;
}

std::shared_ptr<grpc::ServerCredentials> Credentials(const PeerSettings& peers) {
  if (peers.tls == nullptr) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions options(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  options.pem_root_certs = peers.tls->authority;
  options.pem_key_cert_pairs.push_back({peers.tls->key, peers.tls->certificate});
  return grpc::SslServerCredentials(options);
}

void ConfigureGrpcOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(const GrpcServerOptions& options,
                                                              const std::vector<grpc::Service*>& services) {
  EK_ASSIGN_OR_RETURN(const HostPort where, SplitAddress(options.role, options.listen_address));
  EK_RETURN_IF_ERROR(CheckExposure(options, where));
  ConfigureGrpcOnce();
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(options.listen_address, Credentials(options.peers), &port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kKeepaliveMs / 2);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, options.traffic == GrpcTraffic::kBulk ? 1 : 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.max_streams_per_connection);
  builder.SetMaxReceiveMessageSize(options.max_message_bytes);
  builder.SetMaxSendMessageSize(-1);
  builder.SetResourceQuota(grpc::ResourceQuota(options.role).SetMaxThreads(options.max_threads));
  for (grpc::Service* service : services) builder.RegisterService(service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) return ExplainBindFailure(options, where);

  std::unique_ptr<GrpcServer> result(new GrpcServer(std::move(server), absl::StrCat(PublishedHost(where.host, options.peers), ":", port)));
  if (!options.run_folder.empty()) {
    EK_RETURN_IF_ERROR(PublishEndpoint(options.run_folder, options.role, result->address()));
  }
  return result;
}

GrpcServer::GrpcServer(std::unique_ptr<grpc::Server> server, std::string address)
    : server_(std::move(server)), address_(std::move(address)) {}

GrpcServer::~GrpcServer() { Shutdown(absl::ZeroDuration()); }

void GrpcServer::Shutdown(absl::Duration grace) {
  server_->Shutdown(GrpcDeadlineIn(grace));
  server_->Wait();
}

}  // namespace evenkeel
