// `evenkeel eval --suite`.
#ifndef EVENKEEL_CLI_EVAL_SUITE_H_
#define EVENKEEL_CLI_EVAL_SUITE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/output.h"
#include "protos/learner.pb.h"

namespace evenkeel {

struct SuiteFlags {
  std::string suite;
  std::vector<std::string> policies;  // FILE or LABEL=FILE
  std::vector<std::string> controls;  // empty: as the suite says
  std::vector<std::string> set;
  OutputFormat format = OutputFormat::kTable;
  std::string out;  // folder of the recording; empty: none is written
};

// Plays the suite, prints what was asked for, writes the recording, and returns the exit code.
int EvaluateSuite(const SuiteFlags& flags);

// ReadPolicyFile; what is no policy file is FAILED_PRECONDITION: an incompatible input, not a wrong
// configuration.
absl::StatusOr<v1::PolicyParameters> ReadPolicy(const std::string& path);

}  // namespace evenkeel

#endif  // EVENKEEL_CLI_EVAL_SUITE_H_
