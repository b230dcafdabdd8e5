// es: a small function of what an LB sees of each server, found by CMA-ES over whole episodes' outcomes instead of by
// gradients. One set of parameters serves any number of servers and LBs (affinity.md sections 1 and 2). Free of LibTorch.
// The search itself, which plays worlds, is experiments/policy_search.h.
#ifndef EVENKEEL_ALGORITHMS_ES_ES_H_
#define EVENKEEL_ALGORITHMS_ES_ES_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "algorithms/algorithm.h"

namespace evenkeel {

// A policy that sets what EsNetwork says. Before the first Load: where the search begins. Reads the exchanged counts if
// agent.exchange. INVALID_ARGUMENT names the setting that is missing or out of range.
absl::StatusOr<std::unique_ptr<Policy>> MakeEsPolicy(const PolicyContext& context);

// Where the search of `experiment` begins: algorithm.es.initial_parameters, or arcs. INVALID_ARGUMENT as above.
absl::StatusOr<std::vector<double>> InitialEsParameters(const v1::Experiment& experiment);

// What algorithm.es.initial_parameters are for a search that begins at another policy of es: what that does at each knot.
// INVALID_ARGUMENT also: of another width, with exchange where `experiment` is without or the reverse, or searched at knots where
// `experiment` has none. DATA_LOSS: damaged.
absl::StatusOr<std::vector<double>> EsParametersFrom(const v1::Experiment& experiment, const v1::PolicyParameters& other);

// The numbers of an es policy, all finite. INVALID_ARGUMENT: of another algorithm or shape. DATA_LOSS: damaged.
absl::StatusOr<std::vector<float>> EsParameters(const v1::PolicyParameters& parameters);

// The policy file of a point of the search, version = generations done; sealed.
v1::PolicyParameters MakeEsPolicyParameters(const v1::Experiment& experiment, absl::Span<const double> point,
                                            uint64_t version);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_ES_ES_H_
