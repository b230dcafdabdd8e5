// Translates an experiment into what the simulator takes. Values are checked by sim/ (Validate), which names
// them as the experiment file does; here is checked what sim/ cannot see.
#ifndef EVENKEEL_LB_SHIM_SIM_OPTIONS_H_
#define EVENKEEL_LB_SHIM_SIM_OPTIONS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "lb_shim/count_exchange.h"
#include "lb_shim/reservoir.h"
#include "protos/experiment.pb.h"
#include "sim/cluster_options.h"
#include "sim/workload.h"

namespace evenkeel {

// All errors are INVALID_ARGUMENT and name the field. Fields of repeated messages take the defaults that
// experiment.proto states; other fields must be set where 0 is no valid value.

// Groups are expanded to servers, in order.
absl::StatusOr<sim::ClusterOptions> MakeClusterOptions(const v1::Topology& topology);

// [m] relative shares; equal ones if the topology states none.
absl::StatusOr<std::vector<double>> MakeLbShares(const v1::Topology& topology);

// For synthetic arrivals, without lb_shares. No classes: one class "flow" of exponential work with mean 1 s.
absl::StatusOr<sim::WorkloadOptions> MakeWorkloadOptions(const v1::Workload& workload);

// Also INVALID_ARGUMENT: more counts under way at once than memory should hold.
absl::StatusOr<CountExchange::Options> MakeExchangeOptions(const v1::Exchange& exchange, int lbs,
                                                           int servers);

absl::StatusOr<Reservoir::Options> MakeReservoirOptions(const v1::Agent& agent);

}  // namespace evenkeel

#endif  // EVENKEEL_LB_SHIM_SIM_OPTIONS_H_
