// Mutual TLS between the processes of a run: what a process shows to its peers, and whom it trusts.
//
// Identity is membership: all nodes of a cluster hold certificates of one authority that serves nothing else,
// and all of them carry the same name, kNodeName. Each side of a connection verifies the other's certificate
// against that authority. That proves as much as host names would, since any member may play any role of a
// run, and addresses may change: a job scheduler places a process on another host each time it starts. It
// also means that a stolen node key opens the whole cluster until the certificates are replaced, and that the
// authority must be the cluster's own, never a public one, from whom anybody could get a certificate.
#ifndef EVENKEEL_COMMON_TLS_H_
#define EVENKEEL_COMMON_TLS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace evenkeel {

// The DNS name that every node's certificate carries, whatever the host is called.
inline constexpr char kNodeName[] = "evenkeel-node";

// One node's part, as PEM text.
struct TlsIdentity {
  std::string authority;    // certificate(s) of the authority
  std::string certificate;  // the node's own, with those between it and the authority, if any, behind it
  std::string key;          // private key of `certificate`, without a passphrase
};

// Reads FOLDER/ca.crt, node.crt and node.key, and checks them as of `now`. Every error names the file and
// what to do. NOT_FOUND: a file is missing. PERMISSION_DENIED: one cannot be read, or the key can be read by
// other users. INVALID_ARGUMENT: as CheckTlsIdentity says.
absl::StatusOr<TlsIdentity> LoadTlsIdentity(const std::string& folder, absl::Time now);

// INVALID_ARGUMENT unless all three are PEM, the key belongs to the certificate, both certificates are valid
// at `now`, the authority signed the node's, and the node's carries kNodeName. `folder` is for the message.
// Safe on any bytes.
absl::Status CheckTlsIdentity(const TlsIdentity& identity, const std::string& folder, absl::Time now);

// When the certificate of `identity` ends. INVALID_ARGUMENT if it is no PEM.
absl::StatusOr<absl::Time> TlsIdentityEnd(const TlsIdentity& identity);

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_TLS_H_
