#include "common/grpc_status.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace evenkeel {
namespace {

constexpr size_t kMaxStatusBytes = 4096;  // three times as many on the wire, where each byte must be escaped

constexpr char kTlsAdvice[] =
    "; if either side uses TLS, both need --tls DIR (or EVENKEEL_TLS) with certificates of one authority "
    "that have not "
    "expired: look with `evenkeel certs --check DIR`; the peer's log has its reason";

// In TLS 1.3 a client is done before the server has looked at its certificate, so a refusal is only "Socket
// closed".
bool MayBeTls(const grpc::Status& status) {
  const std::string& message = status.error_message();
  return status.error_code() == grpc::StatusCode::UNAVAILABLE &&
         absl::StrContains(message, "failed to connect") &&
         (absl::StrContains(message, "Socket closed") || absl::StrContains(message, "Ssl handshake failed"));
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()),
                      std::string(status.message().substr(0, kMaxStatusBytes)));
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  const char* const advice = MayBeTls(status) ? kTlsAdvice : "";
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      absl::StrCat(status.error_message(), advice));
}

}  // namespace evenkeel
