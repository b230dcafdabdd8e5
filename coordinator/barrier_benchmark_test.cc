#include "coordinator/barrier_benchmark.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdlib>
#include <iostream>
#include <string>

#include "absl/synchronization/mutex.h"

namespace evenkeel {
namespace {

TEST(BarrierBenchmarkTest, MeasuresSixProcessesAndLeavesNoneBehind) {
  const auto results = BenchmarkBarrier();
  ASSERT_TRUE(results.ok()) << results.status();
  ASSERT_EQ(results->size(), 2u);
  EXPECT_EQ((*results)[0].name, "barrier.p50_ms.n6");
  EXPECT_EQ((*results)[1].name, "barrier.p99_ms.n6");
  EXPECT_GT((*results)[0].value, 0);
  EXPECT_GE((*results)[1].value, (*results)[0].value);
  for (const BenchmarkResult& result : *results) {
    std::cout << result.name << " " << result.value << " " << result.unit << "\n";
  }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(BarrierBenchmarkTest, AnAgentWithoutACoordinatorFails) {
  EXPECT_EQ(RunBarrierBenchmarkAgent("127.0.0.1:1", 0), 1);
}

}  // namespace
}  // namespace evenkeel

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as the mains of evenkeel do
  if (argc == 4 && std::string(argv[1]) == evenkeel::kBarrierBenchmarkAgent) {
    return evenkeel::RunBarrierBenchmarkAgent(argv[2], std::atoi(argv[3]));
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
