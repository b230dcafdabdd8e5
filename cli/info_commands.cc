#include <iostream>
#include <string>

#include "algorithms/registry.h"
#include "cli/commands.h"
#include "cli/flags.h"
#include "cli/version.h"
#include "experiments/evaluation_json.h"

namespace evenkeel {
namespace {

ResultTable AlgorithmTable() {
  ResultTable table;
  table.columns = {"name", "kind", "what", "needs"};
  for (const AlgorithmInfo& info : Algorithms()) {
    const std::string cheats = info.kind == AlgorithmKind::kBound ? " (cheats)" : "";
    table.rows.push_back({info.name, KindName(info.kind) + cheats, info.summary, info.needs});
  }
  return table;
}

void AddTableCommand(CLI::App* app, const std::string& name, const std::string& summary,
                     ResultTable (*make)()) {
  CLI::App* command = app->add_subcommand(name, summary);
  auto format = std::make_shared<OutputFormat>(OutputFormat::kTable);
  AddOutputFlag(command, format.get());
  command->callback([format, make] { std::cout << Render(make(), *format); });
}

}  // namespace

void AddInfoCommands(CLI::App* app) {
  AddTableCommand(app, "algos", "list what --algo takes", &AlgorithmTable);
  AddTableCommand(app, "version", "what this build is", &VersionTable);
}

}  // namespace evenkeel
