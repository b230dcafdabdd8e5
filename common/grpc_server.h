// The one way a process of a run offers gRPC services: bind, refuse a taken port, publish where it is, stop
// in order.
#ifndef EVENKEEL_COMMON_GRPC_SERVER_H_
#define EVENKEEL_COMMON_GRPC_SERVER_H_

#include <grpcpp/impl/codegen/service_type.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/grpc_channel.h"
#include "common/peer_settings.h"

namespace grpc {
class Server;
}  // namespace grpc

namespace evenkeel {

struct GrpcServerOptions {
  std::string listen_address = "127.0.0.1:0";  // HOST:PORT; port 0 lets the kernel choose
  PeerSettings peers = ProcessPeerSettings();  // without TLS, HOST must be loopback
  std::string role;                            // names the server in errors, and its endpoint file
  std::string run_folder;  // where RUN/endpoints/ROLE is published; empty = publish nothing

  // A received message larger than this is refused with RESOURCE_EXHAUSTED. What is sent is not limited here.
  int max_message_bytes = 64 << 20;

  GrpcTraffic traffic = GrpcTraffic::kBulk;  // grpc_channel.h

  // Threads that may run handlers at once; a call beyond them is refused with RESOURCE_EXHAUSTED. Each open
  // stream and each blocked call of a synchronous service holds one.
  int max_threads = 256;

  // Calls that one connection may have open; what a client starts beyond them waits at the client.
  int max_streams_per_connection = 128;
};

// A running server with health checking and reflection. Thread-safe.
class GrpcServer {
 public:
  // Binds, serves and publishes `services`, which must outlive the server. Without SO_REUSEPORT: two servers
  // never share a port. With TLS, a client that shows no certificate of our authority is refused in the handshake.
  // ALREADY_EXISTS names the address if its port is in use; INVALID_ARGUMENT if it is none of ours, or is not
  // loopback and there is no TLS.
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(const GrpcServerOptions& options,
                                                           const std::vector<grpc::Service*>& services);

  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // Shutdown(zero).
  ~GrpcServer();

  // HOST:PORT that clients reach it at; where it listens on every address, HOST is PeerSettings.advertised_host.
  const std::string& address() const { return address_; }

  // Takes no new call, lets those running end for `grace`, cancels the rest, and blocks until every handler
  // returned: a handler that waits must watch its context's IsCancelled(), or be woken first. Later calls do
  // nothing.
  void Shutdown(absl::Duration grace);

 private:
  GrpcServer(std::unique_ptr<grpc::Server> server, std::string address);

  const std::unique_ptr<grpc::Server> server_;
  const std::string address_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_GRPC_SERVER_H_
