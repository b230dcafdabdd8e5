// What a resolved experiment must satisfy, as tables: one range per number, required fields, and rules across
// fields.
#ifndef EVENKEEL_EXPERIMENTS_RULES_H_
#define EVENKEEL_EXPERIMENTS_RULES_H_

#include <string>
#include <vector>

#include "protos/experiment.pb.h"

namespace evenkeel {

// A name that `algorithm.name` and `evaluation.policies` may have.
struct AlgorithmName {
  std::string name;
  bool learned = false;  // it has a trainer
  bool one_lb = false;   // it plays with one LB, whatever topology.lbs says
};

// A rule that an experiment breaks.
struct Violation {
  std::string code;     // as in Problem
  std::string path;     // the field to blame, "topology.servers[0].count"
  std::string message;  // begins with the path
  std::string advice;   // may be empty
};

// Every broken rule, in the order of the schema, then those across fields. Opens the trace file, if one is
// named, and reads no further than its first byte.
std::vector<Violation> CheckExperiment(const v1::Experiment& experiment,
                                       const std::vector<AlgorithmName>& algorithms);

// Paths (without indexes) of all numbers that have a range; a test holds it against the schema.
std::vector<std::string> RangedPaths();

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_RULES_H_
