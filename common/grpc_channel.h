// The one way a process of a run reaches another: channels with our limits, and deadlines as durations.
#ifndef EVENKEEL_COMMON_GRPC_CHANNEL_H_
#define EVENKEEL_COMMON_GRPC_CHANNEL_H_

#include <grpc/support/time.h>
#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "absl/time/time.h"

namespace evenkeel {

// A channel that is silent for this long is probed, and is dead if the probe stays unanswered for 10 s.
inline constexpr int kKeepaliveMs = 30'000;

// What a connection mostly carries.
enum class GrpcTraffic {
  kBulk,           // gRPC measures the connection and widens its window to fit
  kSmallMessages,  // no such probes: they cost as many packets as small messages themselves
};

// A channel to HOST:PORT, without encryption or authentication: all processes of a run share one machine's
// loopback or one trusted network. Does not block and does not fail: a peer that is not there shows as
// UNAVAILABLE on the first call. `max_message_bytes` bounds what may be received; what is sent is bounded by
// the peer. Reconnects by itself, at most 1 s apart.
std::shared_ptr<grpc::Channel> MakeGrpcChannel(const std::string& address, int max_message_bytes = 64 << 20,
                                               GrpcTraffic traffic = GrpcTraffic::kBulk);

// For ClientContext::set_deadline: `timeout` from now. Infinite stays infinite.
gpr_timespec GrpcDeadlineIn(absl::Duration timeout);

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_GRPC_CHANNEL_H_
