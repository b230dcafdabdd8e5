// How fast the decision and the simulated worlds are.
#ifndef EVENKEEL_LB_SHIM_SHIM_BENCHMARK_H_
#define EVENKEEL_LB_SHIM_SHIM_BENCHMARK_H_

#include <vector>

#include "common/benchmark_result.h"

namespace evenkeel {

// All values are medians over 7 repetitions of CPU time on one core. Each call blocks for a few seconds and
// must be the only user of Google Benchmark's registry meanwhile.

// sed.pick_ns.n7, .n24, .n64: one decision by shortest expected delay, random number included, in user space
// (SedPick), on lifelike counts: they differ from decision to decision and ties occur.
std::vector<BenchmarkResult> BenchmarkSed();

// sim.steps_per_s.moderate, .large: joint steps of 250 ms of the paper's two scales: the cluster advances,
// every LB observes (all features of all servers) and applies controls anew. .m64: the large one behind 64
// LBs. _bare: without reservoirs (agent.reservoir_samples = 0). _exchange: bare, and the LBs exchange counts
// every 250 ms.
std::vector<BenchmarkResult> BenchmarkSimSteps();

// sim.flows_per_s.n7, .n24: flows through the same worlds under shortest expected delay, arrivals, flow
// tables and duration samples included, nothing observed.
std::vector<BenchmarkResult> BenchmarkSimFlows();

}  // namespace evenkeel

#endif  // EVENKEEL_LB_SHIM_SHIM_BENCHMARK_H_
