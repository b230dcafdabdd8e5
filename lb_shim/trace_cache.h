// One copy of a trace file for all simulated worlds of the process.
#ifndef EVENKEEL_LB_SHIM_TRACE_CACHE_H_
#define EVENKEEL_LB_SHIM_TRACE_CACHE_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "sim/trace_reader.h"

namespace evenkeel {

// The trace in `path`, read (errors as sim::ReadTrace, not remembered) unless the last call asked for the
// same file and seconds_per_iteration. The process keeps that last trace until another one is asked for, so
// that the worlds of each round need not parse it again; changes of the file in between go unseen. Blocks on
// the file. Thread-safe.
absl::StatusOr<std::shared_ptr<const sim::Trace>> SharedTrace(const std::string& path,
                                                              double seconds_per_iteration);

}  // namespace evenkeel

#endif  // EVENKEEL_LB_SHIM_TRACE_CACHE_H_
