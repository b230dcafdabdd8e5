// Request traces as the paper's authors publish them: `time<TAB>query`, one request a line.
#ifndef EVENKEEL_SIM_TRACE_READER_H_
#define EVENKEEL_SIM_TRACE_READER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace evenkeel::sim {

struct Trace {
  std::string path;
  std::vector<double> time_s;  // never decreasing, not empty
  std::vector<double> work_s;  // seconds of one vCPU at speed 1, one per time
};

// Reads text or gzip. The first line is `time<TAB>query`; each further one is seconds, a tab and a query with
// a parameter n (`...?n=5478122`): the request's work is n x seconds_per_iteration. Blocks on the file.
// Errors name FILE:LINE, what was found and what was expected: NOT_FOUND (cannot be opened), INVALID_ARGUMENT
// (a malformed line, time going backwards, no requests), DATA_LOSS (truncated or corrupt gzip).
absl::StatusOr<Trace> ReadTrace(const std::string& path, double seconds_per_iteration);

}  // namespace evenkeel::sim

#endif  // EVENKEEL_SIM_TRACE_READER_H_
