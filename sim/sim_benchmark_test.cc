#include "sim/sim_benchmark.h"

#include <gtest/gtest.h>

namespace evenkeel::sim {
namespace {

TEST(SimBenchmark, GivesBothFiguresUnderTheirFrozenNames) {
  const auto results = BenchmarkSimFlows();
  ASSERT_EQ(results.size(), 2u);
  EXPECT_EQ(results[0].name, "sim.flows_per_s.n7");
  EXPECT_EQ(results[1].name, "sim.flows_per_s.n24");
  for (const auto& result : results) {
    EXPECT_EQ(result.unit, "flows/s");
    EXPECT_GT(result.value, 1e5);  // far below any optimised build
  }
}

}  // namespace
}  // namespace evenkeel::sim
