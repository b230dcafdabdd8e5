#include "cli/tls_flags.h"

#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <utility>

#include "common/clock.h"
#include "common/peer_settings.h"
#include "common/status_macros.h"
#include "common/tls.h"

namespace evenkeel {

void AddTlsFlags(CLI::App* command, TlsFlags* flags) {
  command->add_option("--tls", flags->folder, "folder of `evenkeel certs`: mutual TLS with every peer")
      ->envname("EVENKEEL_TLS")
      ->type_name("DIR");
}

absl::Status ApplyTlsFlags(const TlsFlags& flags, const std::string& advertised_host) {
  PeerSettings settings;
  settings.advertised_host = advertised_host;
  if (!flags.folder.empty()) {
    EK_ASSIGN_OR_RETURN(TlsIdentity identity, LoadTlsIdentity(flags.folder, RealClock()->Now()));
    settings.tls = std::make_shared<const TlsIdentity>(std::move(identity));
    ::setenv("EVENKEEL_TLS", std::filesystem::absolute(flags.folder).c_str(), /*overwrite=*/1);
  }
  SetProcessPeerSettings(std::move(settings));
  return absl::OkStatus();
}

}  // namespace evenkeel
