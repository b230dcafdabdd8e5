// From a suite, shipped or a person's own file, to the experiment of each of its scenarios.
#ifndef EVENKEEL_EXPERIMENTS_SUITE_H_
#define EVENKEEL_EXPERIMENTS_SUITE_H_

#include <optional>
#include <string>
#include <vector>

#include "experiments/problem.h"
#include "experiments/rules.h"
#include "protos/experiment.pb.h"

namespace evenkeel {

struct SuiteSources {
  std::string suite;  // a shipped suite ("moderate") or, if there is none of that name, a file
  std::vector<std::string> policies;      // replace the suite's own; empty: as the suite says
  std::string environment_set;            // as in ConfigSources
  std::vector<std::string> set;           // --set, above the suite
  std::vector<AlgorithmName> algorithms;  // what is registered
};

struct ResolvedSuite {
  std::string name;
  std::string summary;                      // one line for people; may be empty
  std::vector<v1::Experiment> experiments;  // one per scenario, in order, named as it; fully resolved
};

// Reads a suite (protos/suite.proto) and resolves each scenario as ResolveExperiment does: the suite's
// settings and then the scenario's lie above the experiment's file and below EVENKEEL_SET. A scenario's
// experiment that is a relative path begins in the suite's folder. nullopt with at least one problem appended
// if anything is wrong: all that is wrong with the suite itself or else with the first scenario that cannot
// be resolved.
std::optional<ResolvedSuite> ResolveSuite(const SuiteSources& sources, std::vector<Problem>* problems);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_SUITE_H_
