// How fast the cluster model runs.
#ifndef EVENKEEL_SIM_SIM_BENCHMARK_H_
#define EVENKEEL_SIM_SIM_BENCHMARK_H_

#include <vector>

#include "common/benchmark_result.h"

namespace evenkeel::sim {

// sim.flows_per_s.n7 and sim.flows_per_s.n24: flows simulated per second of CPU on one core, arrivals
// generated on the way, each load balancer picking by shortest expected delay from its own exact counts (2 of
// them at n7, 6 at n24, ties to the lowest index). Medians over 7 repetitions; blocks for about 4 seconds.
std::vector<BenchmarkResult> BenchmarkSimFlows();

}  // namespace evenkeel::sim

#endif  // EVENKEEL_SIM_SIM_BENCHMARK_H_
