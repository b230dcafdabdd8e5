#include "cli/exit_codes.h"

#include <gtest/gtest.h>

namespace evenkeel {
namespace {

TEST(ExitCodesTest, EveryStatusHasItsDocumentedCode) {
  EXPECT_EQ(ExitCodeOf(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCodeOf(absl::InternalError("x")), 1);
  EXPECT_EQ(ExitCodeOf(absl::ResourceExhaustedError("disk full")), 1);
  EXPECT_EQ(ExitCodeOf(absl::AbortedError("x")), 1);
  EXPECT_EQ(ExitCodeOf(absl::InvalidArgumentError("x")), 3);
  EXPECT_EQ(ExitCodeOf(absl::NotFoundError("x")), 4);
  EXPECT_EQ(ExitCodeOf(absl::PermissionDeniedError("x")), 4);
  EXPECT_EQ(ExitCodeOf(absl::UnavailableError("x")), 5);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("x")), 5);
  EXPECT_EQ(ExitCodeOf(absl::DeadlineExceededError("stalled: actor-1")), 6);
  EXPECT_EQ(ExitCodeOf(absl::DataLossError("x")), 7);
  EXPECT_EQ(ExitCodeOf(absl::FailedPreconditionError("x")), 7);
  EXPECT_EQ(ExitCodeOf(absl::AlreadyExistsError("x")), 9);
  EXPECT_EQ(ExitCodeOf(absl::CancelledError("x")), 75);
}

TEST(ExitCodesTest, ATakenPortIsAFailedService) {
  EXPECT_EQ(ServiceExitCodeOf(absl::AlreadyExistsError("port in use")), 1);
  EXPECT_EQ(ServiceExitCodeOf(absl::DataLossError("x")), 7);
}

TEST(ExitCodesTest, AProblemCarriesItsExitCode) {
  for (const absl::Status& status :
       {absl::InternalError("x"), absl::DataLossError("x"), absl::AlreadyExistsError("x")}) {
    EXPECT_EQ(ExitCodeOf(ProblemOf(status, ExitCodeOf(status))), ExitCodeOf(status));
  }
}

TEST(ExitCodesTest, AnInvalidConfigurationOutweighsAMissingFile) {
  Problem missing, invalid;
  missing.code = "E0401";
  invalid.code = "E0302";
  EXPECT_EQ(ExitCodeOf(std::vector<Problem>{missing, invalid}), 3);
  EXPECT_EQ(ExitCodeOf(std::vector<Problem>{missing}), 4);
}

}  // namespace
}  // namespace evenkeel
