// The one way a process of a run reaches another: channels with our limits and credentials, and deadlines as
// durations.
#ifndef EVENKEEL_COMMON_GRPC_CHANNEL_H_
#define EVENKEEL_COMMON_GRPC_CHANNEL_H_

#include <grpc/support/time.h>
#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "common/peer_settings.h"

namespace evenkeel {

// A channel that is silent for this long is probed, and is dead if the probe stays unanswered for 10 s.
inline constexpr int kKeepaliveMs = 30'000;

// An attempt to connect, TLS and greeting included, gives up after this: long beside a busy peer's answer, short beside the
// patience of those who wait.
inline constexpr int kConnectMs = 5'000;

// Headers of one call or reply beyond this are refused with RESOURCE_EXHAUSTED. Ours are some hundred bytes; error
// messages, which travel in them, are the longest.
inline constexpr int kMaxMetadataBytes = 16 << 10;

// What a connection mostly carries.
enum class GrpcTraffic {
  kBulk,           // gRPC measures the connection and widens its window to fit
  kSmallMessages,  // no such probes: they cost as many packets as small messages themselves
};

// A channel to HOST:PORT, with mutual TLS if `peers` has it, else plain (tls.h; a plain server listens on
// loopback only). Does not block and does not fail: a peer that is not there, or that does not accept us or is
// not accepted by us, shows as UNAVAILABLE on the first call. `max_message_bytes` bounds what may be received;
// what is sent is bounded by the peer. Reconnects by itself, with pauses of 1 s at most.
std::shared_ptr<grpc::Channel> MakeGrpcChannel(const std::string& address, int max_message_bytes = 64 << 20,
                                               GrpcTraffic traffic = GrpcTraffic::kBulk,
                                               const PeerSettings& peers = ProcessPeerSettings());

// For ClientContext::set_deadline: `timeout` from now. Infinite stays infinite.
gpr_timespec GrpcDeadlineIn(absl::Duration timeout);

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_GRPC_CHANNEL_H_
