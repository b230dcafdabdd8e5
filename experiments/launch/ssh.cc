#include "experiments/launch/ssh.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/durable_file.h"
#include "experiments/launch/slurm.h"

namespace evenkeel {

absl::StatusOr<std::vector<std::string>> ReadHosts(const std::string& text) {
  const absl::StatusOr<std::string> file = ReadFile(text);
  std::vector<std::string> hosts;
  for (absl::string_view word : absl::StrSplit(file.ok() ? *file : text, absl::ByAnyChar(file.ok() ? "\n" : ","))) {
    word = absl::StripAsciiWhitespace(word.substr(0, word.find('#')));
    if (word.empty()) continue;
    if (absl::StartsWith(word, "-") || word.find_first_of(" \t/") != absl::string_view::npos)
      return absl::InvalidArgumentError(absl::StrCat("\"", word, "\" is no host name; a port belongs in ssh's configuration"));
    if (std::find(hosts.begin(), hosts.end(), word) != hosts.end())
      return absl::InvalidArgumentError(absl::StrCat("host ", word, " is named twice; each host has one share of the run"));
    hosts.emplace_back(word);
  }
  if (hosts.empty()) return absl::NotFoundError(absl::StrCat("no host in \"", text, "\"; give --hosts=a,b or a file of names"));
  return hosts;
}

std::vector<std::string> PlanSshCheck(const LaunchRequest& request, const std::string& host) {
  std::string command = absl::StrCat("exec ls -d ", ShellQuoted(request.program), " ", ShellQuoted(request.runs[0]));
  if (!request.tls_folder.empty()) absl::StrAppend(&command, " ", ShellQuoted(request.tls_folder));
  return {"ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", host, command};
}

std::vector<ProcessSpec> PlanSsh(const LaunchRequest& request, const std::string& run, const std::vector<std::string>& hosts) {
  std::vector<ProcessSpec> plan;
  for (size_t rank = 0; rank < hosts.size(); ++rank) {
    std::string command = "exec env TERM=dumb ";
    if (!request.tls_folder.empty()) absl::StrAppend(&command, "EVENKEEL_TLS=", ShellQuoted(request.tls_folder), " ");
    absl::StrAppend(&command, ShellQuoted(request.program), " serve auto --run ", ShellQuoted(run), " --rank ", rank, " --hosts ",
                    hosts.size());
    ProcessSpec spec;
    spec.name = absl::StrCat("host-", rank, "-", hosts[rank]);
    spec.arguments = {"/usr/bin/env", "ssh", "-tt", "-o", "BatchMode=yes", "-o", "ServerAliveInterval=5",
                      "-o",           "ServerAliveCountMax=3", hosts[rank], command};
    plan.push_back(spec);
  }
  return plan;
}

}  // namespace evenkeel
