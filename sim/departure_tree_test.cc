#include "sim/departure_tree.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "common/rng.h"

namespace evenkeel::sim {
namespace {

TEST(DepartureTree, AlwaysKnowsTheEarliest) {
  Rng rng(1);
  for (int leaves : {1, 2, 3, 7, 8, 24, 65}) {
    DepartureTree tree(leaves);
    std::vector<double> times(leaves, std::numeric_limits<double>::infinity());
    EXPECT_EQ(tree.first_time_s(), times[0]);
    for (int i = 0; i < 1000; ++i) {
      const int leaf = static_cast<int>(rng.Below(leaves));
      times[leaf] = rng.Below(4) == 0 ? std::numeric_limits<double>::infinity() : rng.Uniform();
      tree.Set(leaf, times[leaf]);
      const double least = *std::min_element(times.begin(), times.end());
      ASSERT_EQ(tree.first_time_s(), least);
      ASSERT_EQ(times[tree.first()], least);
      ASSERT_LT(tree.first(), leaves);
    }
  }
}

}  // namespace
}  // namespace evenkeel::sim
