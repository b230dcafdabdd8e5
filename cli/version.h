// What this build is.
#ifndef EVENKEEL_CLI_VERSION_H_
#define EVENKEEL_CLI_VERSION_H_

#include "cli/output.h"

namespace evenkeel {

inline constexpr char kVersion[] = "0.1.0";

// Version, compiler and the libraries it was built against, one row each.
ResultTable VersionTable();

}  // namespace evenkeel

#endif  // EVENKEEL_CLI_VERSION_H_
