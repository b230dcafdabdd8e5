#include "common/nearest_name.h"

#include <gtest/gtest.h>

namespace evenkeel {
namespace {

TEST(NearestNameTest, FindsTheCandidateWithTheFewestEdits) {
  EXPECT_EQ(NearestName("hiden", {"hidden", "kind", "horizon"}), "hidden");
}

TEST(NearestNameTest, CountsASwapOfNeighboursAsOneEdit) {
  EXPECT_EQ(NearestName("esd", {"lsq", "sed"}), "sed");
}

TEST(NearestNameTest, SuggestsNothingWhenNothingIsNear) {
  EXPECT_EQ(NearestName("checkpoint", {"sed", "hidden"}), "");
}

}  // namespace
}  // namespace evenkeel
