#include "coordinator/barrier_benchmark.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdlib>
#include <string>

#include "absl/synchronization/mutex.h"

namespace evenkeel {
namespace {

void ExpectNoChild() {
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(BarrierBenchmarkTest, MeasuresSixProcessesAndLeavesNoneBehind) {
  const auto times = MeasureBarrier({6, 1, 1, 200});
  ASSERT_TRUE(times.ok()) << times.status();
  EXPECT_GT(times->p50_ms, 0);
  EXPECT_GE(times->p99_ms, times->p50_ms);
  ExpectNoChild();
}

TEST(BarrierBenchmarkTest, MeasuresManyAgentsOnFewStreams) {
  const auto times = MeasureBarrier({2, 2, 16, 20});
  ASSERT_TRUE(times.ok()) << times.status();
  EXPECT_GT(times->p50_ms, 0);
  ExpectNoChild();
}

TEST(BarrierBenchmarkTest, AnAgentWithoutACoordinatorFails) {
  EXPECT_EQ(RunBarrierBenchmarkAgents("127.0.0.1:1", 0, 1, 1), 1);
}

}  // namespace
}  // namespace evenkeel

int main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);  // as the mains of evenkeel do
  if (argc == 6 && std::string(argv[1]) == evenkeel::kBarrierBenchmarkAgent) {
    return evenkeel::RunBarrierBenchmarkAgents(argv[2], std::atoi(argv[3]), std::atoi(argv[4]),
                                               std::atoi(argv[5]));
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
