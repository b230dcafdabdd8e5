#include "learner/broadcast_benchmark.h"

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstdlib>
#include <string>

namespace evenkeel {
namespace {

TEST(BroadcastBenchmarkTest, MeasuresSubscribersOfTwoProcessesAndLeavesNoneBehind) {
  const auto seconds = MeasureBroadcast(2, 3, 1 << 20);
  ASSERT_TRUE(seconds.ok()) << seconds.status();
  EXPECT_GT(*seconds, 0);
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

}  // namespace
}  // namespace evenkeel

int main(int argc, char** argv) {
  if (argc == 5 && std::string(argv[1]) == evenkeel::kBroadcastBenchmarkSubscribers) {
    return evenkeel::RunBroadcastBenchmarkSubscribers(argv[2], std::atoi(argv[3]), std::atoi(argv[4]));
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
