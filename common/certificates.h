// A certificate authority for one cluster, and the certificates of its nodes (tls.h), made and written.
#ifndef EVENKEEL_COMMON_CERTIFICATES_H_
#define EVENKEEL_COMMON_CERTIFICATES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/tls.h"

namespace evenkeel {

// A new authority and `nodes` identities that it signed, valid from `begin` to `end`; ECDSA on P-256. The
// authority's key exists only inside this call: nobody can add a member later, and nobody can steal it. Keys
// and serial numbers come from OpenSSL's generator, which the kernel seeds: these must not be repeatable.
// INTERNAL: OpenSSL failed.
absl::StatusOr<std::vector<TlsIdentity>> MakeTlsIdentities(int nodes, absl::Time begin, absl::Time end);

// Writes FOLDER/ca.crt, node.crt and node.key, the key with mode 0600 from its first byte on. Makes the
// folder; replaces files that are there.
absl::Status WriteTlsIdentity(const TlsIdentity& identity, const std::string& folder);

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_CERTIFICATES_H_
