#include "common/grpc_channel.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>

namespace evenkeel {

namespace {

std::shared_ptr<grpc::ChannelCredentials> Credentials(const PeerSettings& peers) {
  if (peers.tls == nullptr) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials({peers.tls->authority, peers.tls->key, peers.tls->certificate});
}

}  // namespace

std::shared_ptr<grpc::Channel> MakeGrpcChannel(const std::string& address, int max_message_bytes, GrpcTraffic traffic,
                                               const PeerSettings& peers) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(max_message_bytes);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 50);
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, kConnectMs);  // in truth how long an attempt may take
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 1'000);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, traffic == GrpcTraffic::kBulk ? 1 : 0);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  if (peers.tls != nullptr) arguments.SetSslTargetNameOverride(kNodeName);
  return grpc::CreateCustomChannel(address, Credentials(peers), arguments);
}

gpr_timespec GrpcDeadlineIn(absl::Duration timeout) {
  if (timeout == absl::InfiniteDuration()) return gpr_inf_future(GPR_CLOCK_MONOTONIC);
  const int64_t nanoseconds = absl::ToInt64Nanoseconds(std::max(timeout, absl::ZeroDuration()));
  return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(nanoseconds, GPR_TIMESPAN));
}

}  // namespace evenkeel
