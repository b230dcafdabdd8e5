// --tls, for every verb that starts or is a process of a run.
#ifndef EVENKEEL_CLI_TLS_FLAGS_H_
#define EVENKEEL_CLI_TLS_FLAGS_H_

#include <CLI/CLI.hpp>
#include <string>

#include "absl/status/status.h"

namespace evenkeel {

struct TlsFlags {
  std::string folder;  // empty: no TLS
};

// Declares --tls, whose default is the environment's EVENKEEL_TLS. `flags` lives as long as the command.
void AddTlsFlags(CLI::App* command, TlsFlags* flags);

// Loads the folder and makes this process's peer settings (common/peer_settings.h); to be called once.
// Processes started from here on inherit the folder as EVENKEEL_TLS. An error says which file is wrong and
// what to do.
absl::Status ApplyTlsFlags(const TlsFlags& flags, const std::string& advertised_host = "");

}  // namespace evenkeel

#endif  // EVENKEEL_CLI_TLS_FLAGS_H_
