// absl::Status and grpc::Status are the same codes in two types.
#ifndef EVENKEEL_COMMON_GRPC_STATUS_H_
#define EVENKEEL_COMMON_GRPC_STATUS_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace evenkeel {

grpc::Status ToGrpcStatus(const absl::Status& status);

absl::Status FromGrpcStatus(const grpc::Status& status);

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_GRPC_STATUS_H_
