// How this process meets its peers: one setting, made by main before the first channel or server.
//
// It is process-wide on purpose. A process has one identity on the network, and a client or service added
// later gets it without knowing of it: handed through every constructor, one forgotten argument would be one
// plain connection. Tests and others that need another identity pass their own to GrpcServer and
// MakeGrpcChannel.
#ifndef EVENKEEL_COMMON_PEER_SETTINGS_H_
#define EVENKEEL_COMMON_PEER_SETTINGS_H_

#include <memory>
#include <string>

#include "common/tls.h"

namespace evenkeel {

struct PeerSettings {
  // Shown to every peer and asked of every peer; null: no TLS, and servers listen on loopback only.
  std::shared_ptr<const TlsIdentity> tls;

  // The host that a server which listens on every address (0.0.0.0 or [::]) publishes; empty: the machine's
  // name.
  std::string advertised_host;
};

// To be called at most once, before any thread could read it. A second call is a mistake of ours and ends the
// process.
void SetProcessPeerSettings(PeerSettings settings);

// What was set; else no TLS. Thread-safe.
const PeerSettings& ProcessPeerSettings();

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_PEER_SETTINGS_H_
