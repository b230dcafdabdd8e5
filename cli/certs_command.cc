#include <filesystem>
#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "common/certificates.h"
#include "common/clock.h"
#include "common/status_macros.h"
#include "common/tls.h"

namespace evenkeel {
namespace {

namespace fs = std::filesystem;

// Clocks of hosts differ a little; a certificate must not be too new for one of them.
constexpr absl::Duration kBackdated = absl::Hours(1);

struct CertsFlags {
  std::string folder;
  int nodes = 1;
  int days = 365;
  bool force = false;
  bool check = false;
};

// The folders that --tls takes: `folder` itself for one node, else one per node in it.
std::vector<std::string> NodeFolders(const CertsFlags& flags) {
  if (flags.nodes == 1) return {flags.folder};
  std::vector<std::string> folders;
  for (int i = 1; i <= flags.nodes; ++i) folders.push_back(absl::StrCat(flags.folder, "/node-", i));
  return folders;
}

// The same, as found on disk.
std::vector<std::string> FoundFolders(const std::string& folder) {
  std::vector<std::string> folders;
  for (int i = 1; fs::exists(absl::StrCat(folder, "/node-", i)); ++i)
    folders.push_back(absl::StrCat(folder, "/node-", i));
  return folders.empty() ? std::vector<std::string>{folder} : folders;
}

absl::Status RefuseToOverwrite(const CertsFlags& flags) {
  std::error_code error;
  if (flags.force || !fs::exists(flags.folder) || fs::is_empty(flags.folder, error)) return absl::OkStatus();
  return absl::AlreadyExistsError(
      absl::StrCat(flags.folder,
                   " is not empty; --force replaces the certificates in it, after which every "
                   "process needs the new ones"));
}

// So that no node of an older, larger set stays among the new ones.
void RemoveOld(const std::string& folder) {
  for (const std::string& node : FoundFolders(folder)) {
    for (const char* file : {"/ca.crt", "/node.crt", "/node.key"}) fs::remove(node + file);
    std::error_code not_empty;
    fs::remove(node, not_empty);
  }
}

absl::Status Make(const CertsFlags& flags) {
  EK_RETURN_IF_ERROR(RefuseToOverwrite(flags));
  const absl::Time now = RealClock()->Now();
  EK_ASSIGN_OR_RETURN(const std::vector<TlsIdentity> identities,
                      MakeTlsIdentities(flags.nodes, now - kBackdated, now + absl::Hours(24) * flags.days));
  RemoveOld(flags.folder);
  const std::vector<std::string> folders = NodeFolders(flags);
  for (size_t i = 0; i < folders.size(); ++i) EK_RETURN_IF_ERROR(WriteTlsIdentity(identities[i], folders[i]));
  return absl::OkStatus();
}

absl::Status Check(const std::string& folder) {
  std::string authority;
  for (const std::string& node : FoundFolders(folder)) {
    EK_ASSIGN_OR_RETURN(const TlsIdentity identity, LoadTlsIdentity(node, RealClock()->Now()));
    if (authority.empty()) authority = identity.authority;
    if (identity.authority != authority) {
      return absl::InvalidArgumentError(
          absl::StrCat(node,
                       " is of another authority than the folders before it: these nodes would "
                       "refuse each other; --force makes a new set"));
    }
    EK_ASSIGN_OR_RETURN(const absl::Time end, TlsIdentityEnd(identity));
    std::cout << node << ": good until " << absl::FormatTime("%Y-%m-%d %H:%M UTC", end, absl::UTCTimeZone())
              << "\n";
  }
  return absl::OkStatus();
}

void SayWhatNext(const CertsFlags& flags) {
  const std::string first = NodeFolders(flags).front();
  if (flags.nodes > 1) std::cerr << "copy one folder to each host, readable by its user alone\n";
  std::cerr << "whoever holds a node.key can drive the cluster; the authority's own key was thrown away\n"
            << "next        evenkeel run quickstart --tls " << first << "\n"
            << "            evenkeel serve ROLE --run=DIR --listen 0.0.0.0:0 --tls " << first
            << "     beyond this machine\n"
            << "            export EVENKEEL_TLS=" << first
            << "     the same for every process of a shell or job\n";
}

int Certs(const CertsFlags& flags) {
  const absl::Status made = flags.check ? absl::OkStatus() : Make(flags);
  if (!made.ok()) return Fail(made);
  const absl::Status good = Check(flags.folder);
  if (!good.ok()) return Fail(good);
  if (!flags.check) SayWhatNext(flags);
  return kExitDone;
}

}  // namespace

void AddCertsCommand(CLI::App* app, int* exit_code) {
  CLI::App* certs = app->add_subcommand("certs", "make (or check) the certificates that --tls takes");
  auto flags = std::make_shared<CertsFlags>();
  certs->add_option("DIR", flags->folder, "the folder")->required()->type_name("");
  certs
      ->add_option("--nodes", flags->nodes,
                   "more than 1: a folder DIR/node-I for each host; default 1: DIR itself")
      ->check(CLI::Range(1, 10000))
      ->type_name("N");
  certs->add_option("--days", flags->days, "how long they are valid; default 365")
      ->check(CLI::Range(1, 36500))
      ->type_name("D");
  certs->add_flag("--force", flags->force, "replace what is there");
  certs->add_flag("--check", flags->check, "make nothing; say whether those in DIR are good");
  certs->callback([flags, exit_code] { *exit_code = Certs(*flags); });
}

}  // namespace evenkeel
