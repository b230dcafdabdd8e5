// absl::Status and grpc::Status are the same codes in two types.
#ifndef EVENKEEL_COMMON_GRPC_STATUS_H_
#define EVENKEEL_COMMON_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace evenkeel {

// Messages travel in headers, which are bounded (kMaxMetadataBytes): of a longer one only its first 4 KiB are kept.
grpc::Status ToGrpcStatus(const absl::Status& status);

// A connection that ended before it began, which is how a peer that wants TLS or other certificates shows itself, gets
// the advice that gRPC's own message lacks.
absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_GRPC_STATUS_H_
