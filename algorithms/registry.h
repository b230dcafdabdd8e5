// All algorithms, in one explicit table (registry.cc). Adding one is one folder, one line there, one config.
#ifndef EVENKEEL_ALGORITHMS_REGISTRY_H_
#define EVENKEEL_ALGORITHMS_REGISTRY_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "algorithms/algorithm.h"

namespace evenkeel {

// Every registered algorithm, learned first, then by kind and name. The vector lives as long as the process.
const std::vector<AlgorithmInfo>& Algorithms();

// The algorithm called `name`. NOT_FOUND suggests the nearest name and lists all of them.
absl::StatusOr<const AlgorithmInfo*> FindAlgorithm(const std::string& name);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_REGISTRY_H_
