#include "algorithms/blas_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace evenkeel {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(BlasCheck, MeasuresASpeedThatAComputerCanHave) {
  const double gflops = MeasureGflops();
  EXPECT_GT(gflops, 0.1);
  EXPECT_LT(gflops, 1e5);
}

TEST(BlasCheck, OurBinariesAreLinkedWithAFastBlas) {
  // 2-4 GFLOP/s is the reference BLAS; 10, and the best of several, leave room for a busy machine.
  double best = 0;
  for (int attempt = 0; attempt < 10 && best <= 10.0; ++attempt) best = std::max(best, MeasureGflops());
  EXPECT_GT(best, 10.0);
}

TEST(BlasCheck, SaysNothingWhenFast) { EXPECT_EQ(SlowBlasWarning(20), ""); }

TEST(BlasCheck, NamesSpeedAndRemedyInOneLineWhenSlow) {
  const std::string warning = SlowBlasWarning(2.345);
  EXPECT_THAT(warning, HasSubstr("2.3 GFLOP/s"));
  EXPECT_THAT(warning, HasSubstr("libopenblas0-pthread"));
  EXPECT_THAT(warning, Not(HasSubstr("\n")));
}

}  // namespace
}  // namespace evenkeel
