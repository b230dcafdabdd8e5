// A training run that takes seconds.
#ifndef EVENKEEL_TESTS_TINY_RUN_H_
#define EVENKEEL_TESTS_TINY_RUN_H_

#include <sys/types.h>

#include <string>
#include <vector>

namespace evenkeel {

// `--set` flags that make quickstart's cluster play few short episodes with narrow networks.
std::vector<std::string> TinySettings();

// `evenkeel run quickstart` with them, into `out`, and `more` flags.
std::vector<std::string> TinyRun(const std::string& out, const std::vector<std::string>& more = {});

// The bytes of the policy that the run in `run` ended with; empty if there is none.
std::string FinalPolicy(const std::string& run);

// A living process of the run in `run` that serves as `role`; 0 if there is none now.
pid_t PidOf(const std::string& run, const std::string& role);

// Lines of a text file; 0 if there is none.
int Lines(const std::string& path);

}  // namespace evenkeel

#endif  // EVENKEEL_TESTS_TINY_RUN_H_
