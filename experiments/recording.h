// What an evaluation of a suite leaves: per scenario and policy the figures of the table and the mean of each
// trace. Small enough to be committed, and enough to compare later (comparison.h).
#ifndef EVENKEEL_EXPERIMENTS_RECORDING_H_
#define EVENKEEL_EXPERIMENTS_RECORDING_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/evaluate.h"

namespace evenkeel {

struct Recording {
  std::string source;   // the file it was read from, for messages; not part of what is written
  std::string suite;    // its name; empty for the evaluation of a run
  std::string summary;  // one line for people; may be empty
  std::vector<Evaluation> evaluations;  // one per scenario, named Evaluation::experiment
};

// JSON, one policy a line, six significant digits. Ends with a newline.
std::string RenderRecording(const Recording& recording);

// What RenderRecording wrote, or the evaluation.json of a run. `source` names it in errors.
// FAILED_PRECONDITION: it is neither.
absl::StatusOr<Recording> ParseRecording(const std::string& text, const std::string& source);

// All that `path` holds: a file; of a run folder its evaluation.json; of any other folder every *.json in it,
// by name. NOT_FOUND: there is none.
absl::StatusOr<std::vector<Recording>> ReadRecordings(const std::string& path);

}  // namespace evenkeel

#endif  // EVENKEEL_EXPERIMENTS_RECORDING_H_
