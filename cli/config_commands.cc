#include <iostream>

#include "cli/commands.h"
#include "cli/flags.h"

namespace evenkeel {
namespace {

struct ShowFlags {
  ExperimentFlags experiment;
  bool origin = false;
};

int Show(const ShowFlags& flags) {
  std::vector<Problem> problems;
  const std::optional<ConfigLayer> config = Resolve(flags.experiment, &problems);
  if (!config) return Fail(problems);
  std::cout << (flags.origin ? ToOriginTable(*config) : ToConfigText(config->values));
  return 0;
}

int Validate(const ExperimentFlags& flags) {
  std::vector<Problem> problems;
  if (!Resolve(flags, &problems)) return Fail(problems);
  std::cout << flags.experiment << " is valid\n";
  return 0;
}

}  // namespace

void AddConfigCommands(CLI::App* app, int* exit_code) {
  CLI::App* config = app->add_subcommand("config", "look at an experiment without running it");
  config->require_subcommand(1);

  CLI::App* show = config->add_subcommand("show", "print the resolved experiment");
  auto show_flags = std::make_shared<ShowFlags>();
  AddExperimentFlags(show, &show_flags->experiment);
  show->add_flag("--origin", show_flags->origin, "one line per value: path, value, what set it");
  show->callback([show_flags, exit_code] { *exit_code = Show(*show_flags); });

  CLI::App* validate = config->add_subcommand("validate", "check an experiment");
  auto validate_flags = std::make_shared<ExperimentFlags>();
  AddExperimentFlags(validate, validate_flags.get());
  validate->callback([validate_flags, exit_code] { *exit_code = Validate(*validate_flags); });
}

}  // namespace evenkeel
