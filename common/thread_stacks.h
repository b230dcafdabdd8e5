// Where every thread of this process is, for a person who wonders why it does not go on.
#ifndef EVENKEEL_COMMON_THREAD_STACKS_H_
#define EVENKEEL_COMMON_THREAD_STACKS_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"

namespace evenkeel {

// RUN/stacks/PID.txt: where a process of a run writes its stacks.
std::string StacksPath(const std::string& run_folder, pid_t pid);

// Writes the stack of every thread of this process to `path`, whose folder is made if need be: per thread its
// id and name, then one line per frame, innermost first; a thread that does not answer within 200 ms is
// listed without frames. Interrupts each thread with a signal (SIGRTMIN + 6), whose handler stays installed.
// Blocks meanwhile. Thread-safe: one at a time.
absl::Status WriteThreadStacks(const std::string& path);

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_THREAD_STACKS_H_
