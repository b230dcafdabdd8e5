// From what a person wrote to one fully resolved experiment, with the origin of every value.
// Precedence, low to high: defaults < include < file < suite < EVENKEEL_SET < --set < direct flags.
#ifndef EVENKEEL_EXPERIMENTS_CONFIG_H_
#define EVENKEEL_EXPERIMENTS_CONFIG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/config_layer.h"
#include "experiments/problem.h"
#include "experiments/rules.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

struct ConfigSources {
  std::string
      experiment;  // a shipped experiment ("paper/moderate") or, if there is none of that name, a file
  std::string folder;                     // where a relative path of that file begins; "": the working folder
  std::vector<SettingText> suite_set;     // of the suite's scenario that this is, in order
  std::string environment_set;            // value of EVENKEEL_SET: settings PATH=VALUE, separated by ';'
  std::vector<std::string> set;           // --set, in order
  std::optional<std::string> algorithm;   // --algo
  std::optional<uint64_t> seed;           // --seed
  std::vector<AlgorithmName> algorithms;  // what is registered
};

// Resolves and checks an experiment: every field that has a default is set, `include` is empty, a trace path
// is absolute; an algorithm that plays with one LB has topology.lbs = 1 and no lb_shares. nullopt with at
// least one problem appended if anything is wrong; all problems that can be told are. E03xx: the
// configuration is wrong; E04xx: a file or a name cannot be found.
std::optional<ConfigLayer> ResolveExperiment(const ConfigSources& sources, std::vector<Problem>* problems);

// The resolved experiment as a file that ReadResolvedExperiment and ResolveExperiment take.
std::string ToConfigText(const v1::Experiment& experiment);

// One line per value: "path<TAB>value<TAB>origin".
std::string ToOriginTable(const ConfigLayer& layer);

// Reads RUN/config.textproto, as ToConfigText wrote it. Errors name file, line and column.
absl::StatusOr<v1::Experiment> ReadResolvedExperiment(const std::string& path);

// Changes a stopped run's experiment for its continuation by --set flags. Only ResumableKeys may differ; any
// other key that would change is E0701 by name.
std::optional<ConfigLayer> ResolveResumption(const v1::Experiment& stopped,
                                             const std::vector<std::string>& settings,
                                             const std::vector<AlgorithmName>& algorithms,
                                             std::vector<Problem>* problems);

// Appends E0701 for every value in which `wanted` differs from `stopped` and that is no resumable key.
void CheckResumableChange(const v1::Experiment& stopped, const v1::Experiment& wanted,
                          std::vector<Problem>* problems);

// Keys, or groups of keys ending in '.', that may change when a run is resumed: those that do not enter what
// is learned (the learner checks the same, see learner/resume_check.h).
const std::vector<std::string>& ResumableKeys();

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_CONFIG_H_
