#include "cli/subprocess.h"

#include <gtest/gtest.h>

namespace evenkeel {
namespace {

TEST(SubprocessTest, BothOutputsAndTheExitCodeComeBack) {
  const auto result = RunSubprocess({"sh", "-c", "echo out; echo err >&2; cat; exit 3"});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->out, "out\n");
  EXPECT_EQ(result->err, "err\n");
  EXPECT_EQ(result->exit_code, 3);
}

TEST(SubprocessTest, MoreOutputThanAPipeHoldsIsReadOnBothSides) {
  const auto result = RunSubprocess({"sh", "-c", "head -c 300000 /dev/zero >&2; head -c 300000 /dev/zero"});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->out.size(), 300000u);
  EXPECT_EQ(result->err.size(), 300000u);
}

TEST(SubprocessTest, AMissingProgramIsNamed) {
  const auto result = RunSubprocess({"no-such-program"});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kNotFound);
  EXPECT_NE(result.status().message().find("no-such-program"), absl::string_view::npos);
}

TEST(SubprocessTest, OneThatHangsIsKilledAtTheDeadline) {
  const auto result = RunSubprocess({"sleep", "1000"}, absl::Milliseconds(50));
  EXPECT_EQ(result.status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST(SubprocessTest, ASignalIsToldAsAShellTellsIt) {
  EXPECT_EQ(RunSubprocess({"sh", "-c", "kill -9 $$"})->exit_code, 137);
}

}  // namespace
}  // namespace evenkeel
