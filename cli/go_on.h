// A run between its folder and its table, as every verb that starts or continues one does it.
#ifndef EVENKEEL_CLI_GO_ON_H_
#define EVENKEEL_CLI_GO_ON_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/flags.h"
#include "experiments/config_layer.h"
#include "experiments/run_folder.h"
#include "experiments/topology.h"

namespace evenkeel {

enum class ResumePolicy { kNever, kAuto, kMust };

// A run that is ready to go on.
struct OpenRun {
  std::unique_ptr<RunFolder> folder;
  ConfigLayer config;
  bool resume = false;    // it has begun before
  bool finished = false;  // nothing is left to do
  HostShare share;
};

// Checks the experiment with its worlds, and makes or opens its folder (`out`; empty: the default one). Returns kExitDone
// with *run set; else problems were printed and it is the exit code. Nothing is started, and nothing made, if anything is wrong.
int Prepare(const ExperimentFlags& flags, const std::string& out, ResumePolicy resume, OpenRun* run);

// Takes over the run in `folder` under what `change` makes of the experiment that it was stopped with: none, or a problem
// appended, refuses. Returns as Prepare.
int TakeOver(const std::string& folder,
             const std::function<std::optional<ConfigLayer>(const v1::Experiment& stopped, std::vector<Problem>* problems)>& change,
             OpenRun* run);

// Trains, evaluates, prints; of a finished run only the last. Returns the exit code.
int GoOn(OpenRun run, OutputFormat format);

}  // namespace evenkeel

#endif  // EVENKEEL_CLI_GO_ON_H_
