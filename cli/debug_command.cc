#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/commands.h"
#include "cli/exit_codes.h"
#include "cli/flags.h"
#include "cli/output.h"
#include "common/clock.h"
#include "common/endpoint.h"
#include "common/status_macros.h"
#include "coordinator/coordinator_client.h"
#include "experiments/run_folder.h"

namespace evenkeel {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(5);

struct DebugFlags {
  std::string run;
  OutputFormat format = OutputFormat::kTable;
};

absl::StatusOr<v1::RunStatus> AskCoordinator(const std::string& argument) {
  EK_ASSIGN_OR_RETURN(const std::string run, FindRunFolder(argument, "runs"));
  const absl::StatusOr<std::string> address =
      AwaitEndpoint(run, "coordinator", absl::ZeroDuration(), RealClock());
  absl::StatusOr<v1::RunStatus> status = absl::UnavailableError("it has published no address");
  if (address.ok()) status = CoordinatorStatusClient(*address).GetStatus(kPatience);
  if (status.ok()) return status;
  return absl::UnavailableError(absl::StrCat("no coordinator of ", run,
                                             " answers: ", status.status().message(),
                                             "; it has ended, or waits to be started again"));
}

std::string PhaseName(const v1::RunStatus& status) {
  switch (status.phase()) {
    case v1::RunStatus::JOINING:
      return "waits for agents to join";
    case v1::RunStatus::READY:
      return "waits for agents to be ready";
    case v1::RunStatus::STEP:
      return "waits for replies to the step";
    case v1::RunStatus::PLAYING:
      return "plays the worlds, or waits for the next step's time";
    case v1::RunStatus::STORING:
      return "stores the round's episodes";
    case v1::RunStatus::ENDED:
      return "has ended";
    default:
      return "starts";
  }
}

bool IsAwaited(const v1::RunStatus& status, uint32_t agent) {
  return std::find(status.awaited().begin(), status.awaited().end(), agent) != status.awaited().end();
}

nlohmann::ordered_json ToJson(const v1::RunStatus& status) {
  nlohmann::ordered_json agents = nlohmann::ordered_json::array();
  for (const v1::AgentStatus& agent : status.agents()) {
    agents.push_back({{"agent", agent.agent()},
                      {"connected", agent.connected()},
                      {"awaited", IsAwaited(status, agent.agent())},
                      {"host", agent.host()},
                      {"pid", agent.pid()},
                      {"last_step", agent.last_step()},
                      {"missed_steps", agent.missed_steps()},
                      {"since_last_reply_s", agent.since_last_reply_s()}});
  }
  return {{"round", status.round()},
          {"attempt", status.attempt()},
          {"step", status.step()},
          {"phase", v1::RunStatus::Phase_Name(status.phase())},
          {"phase_s", status.phase_s()},
          {"awaited", std::vector<uint32_t>(status.awaited().begin(), status.awaited().end())},
          {"episodes_finished", status.episodes_finished()},
          {"round_restarts", status.round_restarts()},
          {"late_replies", status.late_replies()},
          {"overrun_steps", status.overrun_steps()},
          {"barrier_p50_s", status.barrier_p50_s()},
          {"barrier_p99_s", status.barrier_p99_s()},
          {"step_interval_p50_s", status.step_interval_p50_s()},
          {"step_interval_p99_s", status.step_interval_p99_s()},
          {"agents", agents}};
}

ResultTable AgentTable(const v1::RunStatus& status) {
  ResultTable table;
  table.columns = {"agent", "state", "host", "pid", "last_step", "missed", "last reply s ago"};
  for (const v1::AgentStatus& agent : status.agents()) {
    const std::string state = absl::StrCat(agent.connected() ? "connected" : "not connected",
                                           IsAwaited(status, agent.agent()) ? ", awaited" : "");
    table.rows.push_back({agent.agent(), state, agent.host(), agent.pid(), agent.last_step(),
                          agent.missed_steps(), absl::StrFormat("%.3f", agent.since_last_reply_s())});
  }
  return table;
}

std::string Summary(const v1::RunStatus& status) {
  std::string text =
      absl::StrCat("round ", status.round(), ", attempt ", status.attempt(), ", step ", status.step(), "; ",
                   PhaseName(status), absl::StrFormat(" for %.3f s\n", status.phase_s()));
  if (status.awaited_size() > 0)
    absl::StrAppend(&text, "awaited: actor-", absl::StrJoin(status.awaited(), ", actor-"), "\n");
  absl::StrAppend(&text,
                  absl::StrFormat("barrier p50 %.3f ms, p99 %.3f ms; ", 1e3 * status.barrier_p50_s(),
                                  1e3 * status.barrier_p99_s()),
                  status.round_restarts(), " rounds begun again, ", status.late_replies(), " late replies, ",
                  status.overrun_steps(), " steps overran\n");
  return text;
}

int DebugBarrier(const DebugFlags& flags) {
  const absl::StatusOr<v1::RunStatus> status = AskCoordinator(flags.run);
  if (!status.ok()) return Fail(status.status());
  if (flags.format == OutputFormat::kJson) {
    std::cout << ToJson(*status).dump(2) << "\n";
    return kExitDone;
  }
  if (flags.format == OutputFormat::kTable) std::cout << Summary(*status);
  std::cout << Render(AgentTable(*status), flags.format);
  return kExitDone;
}

}  // namespace

void AddDebugCommand(CLI::App* app, int* exit_code) {
  CLI::App* debug = app->add_subcommand("debug", "look into a run that goes on");
  debug->require_subcommand(1);
  CLI::App* barrier =
      debug->add_subcommand("barrier", "round, step, and who is waited for; exit code 5: nobody answers");
  auto flags = std::make_shared<DebugFlags>();
  barrier->add_option("RUN", flags->run, "a run folder, or the start of its path below runs/")
      ->required()
      ->type_name("");
  AddOutputFlag(barrier, &flags->format);
  barrier->callback([flags, exit_code] { *exit_code = DebugBarrier(*flags); });
}

}  // namespace evenkeel
