#include "cli/flags.h"

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>

#include "algorithms/registry.h"
#include "cli/exit_codes.h"
#include "common/clock.h"
#include "experiments/report.h"

namespace evenkeel {

void AddSetFlag(CLI::App* command, std::vector<std::string>* set) {
  command->add_option("--set", *set, "change one value, e.g. --set training.episodes=24; may be repeated")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
}

void AddExperimentFlags(CLI::App* command, ExperimentFlags* flags) {
  command
      ->add_option("EXP", flags->experiment,
                   "a shipped experiment (quickstart, paper/moderate, ...) or a file")
      ->required()
      ->type_name("");
  command->add_option("--algo", flags->algorithm, "the algorithm (see evenkeel algos)")->type_name("NAME");
  command->add_option("--seed", flags->seed, "root of every random stream")->type_name("N");
  AddSetFlag(command, &flags->set);
}

void AddOutputFlag(CLI::App* command, OutputFormat* format) {
  static const auto* const names = new std::map<std::string, OutputFormat>{
      {"table", OutputFormat::kTable}, {"json", OutputFormat::kJson}, {"csv", OutputFormat::kCsv}};
  command->add_option("-o", *format, "table (default), json or csv")
      ->transform(CLI::CheckedTransformer(*names))
      ->type_name("FORMAT");
}

std::vector<AlgorithmName> RegisteredAlgorithms() {
  std::vector<AlgorithmName> names;
  for (const AlgorithmInfo& info : Algorithms())
    names.push_back({info.name, info.kind == AlgorithmKind::kLearned, info.one_lb});
  return names;
}

std::optional<ConfigLayer> Resolve(const ExperimentFlags& flags, std::vector<Problem>* problems) {
  const char* environment = std::getenv("EVENKEEL_SET");
  ConfigSources sources;
  sources.experiment = flags.experiment;
  sources.environment_set = environment == nullptr ? "" : environment;
  sources.set = flags.set;
  sources.algorithm = flags.algorithm;
  sources.seed = flags.seed;
  sources.algorithms = RegisteredAlgorithms();
  return ResolveExperiment(sources, problems);
}

int Fail(const std::vector<Problem>& problems) {
  std::cerr << RenderProblems(problems, "nothing was started");
  return ExitCodeOf(problems);
}

int Fail(const absl::Status& status) {
  const ExitCode exit_code = ExitCodeOf(status);
  std::cerr << RenderProblem(ProblemOf(status, exit_code));
  return exit_code;
}

RunContext MakeRunContext() {
  std::error_code error;
  RunContext context;
  context.program = std::filesystem::read_symlink("/proc/self/exe", error).string();
  context.log = &std::cerr;
  const char* kind = std::getenv("TERM");
  context.terminal = ::isatty(STDERR_FILENO) == 1 && (kind == nullptr || std::string(kind) != "dumb");
  context.clock = RealClock();
  return context;
}

std::string RenderEvaluation(const Evaluation& evaluation, OutputFormat format) {
  switch (format) {
    case OutputFormat::kTable:
      return RenderTable(evaluation);
    case OutputFormat::kJson:
      return RenderJson(evaluation);
    case OutputFormat::kCsv:
      return RenderCsv(evaluation);
  }
  return "";
}

}  // namespace evenkeel
