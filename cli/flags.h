// What several verbs share: flags of an experiment, the output format, and how errors are told.
#ifndef EVENKEEL_CLI_FLAGS_H_
#define EVENKEEL_CLI_FLAGS_H_

#include <CLI/CLI.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "cli/output.h"
#include "experiments/config.h"
#include "experiments/problem.h"
#include "experiments/rules.h"
#include "experiments/run.h"

namespace evenkeel {

// Flags that change an experiment.
struct ExperimentFlags {
  std::string experiment;
  std::optional<std::string> algorithm;
  std::optional<uint64_t> seed;
  std::vector<std::string> set;
};

// Declares EXP, --algo, --seed and --set. `flags` lives as long as the command.
void AddExperimentFlags(CLI::App* command, ExperimentFlags* flags);

// Declares --set alone.
void AddSetFlag(CLI::App* command, std::vector<std::string>* set);

// Declares -o.
void AddOutputFlag(CLI::App* command, OutputFormat* format);

// Names of the registered algorithms, for the rules.
std::vector<AlgorithmName> RegisteredAlgorithms();

// ResolveExperiment with the environment's EVENKEEL_SET.
std::optional<ConfigLayer> Resolve(const ExperimentFlags& flags, std::vector<Problem>* problems);

// Prints to standard error, and returns the exit code.
int Fail(const std::vector<Problem>& problems);
int Fail(const absl::Status& status);

// Where this process is and logs to.
RunContext MakeRunContext();

// An evaluation in the asked format.
std::string RenderEvaluation(const Evaluation& evaluation, OutputFormat format);

}  // namespace evenkeel

#endif  // EVENKEEL_CLI_FLAGS_H_
