// One figure of `evenkeel bench`, printed as {"name", "value", "unit"}.
#ifndef EVENKEEL_COMMON_BENCHMARK_RESULT_H_
#define EVENKEEL_COMMON_BENCHMARK_RESULT_H_

#include <string>

namespace evenkeel {

struct BenchmarkResult {
  std::string name;  // frozen, e.g. "sim.flows_per_s.n7"
  double value;      // the median over the repetitions
  std::string unit;  // e.g. "flows/s", "ns", "ms"
};

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_BENCHMARK_RESULT_H_
