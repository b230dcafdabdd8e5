#include "common/crc32c.h"

#include <string>

#include "gtest/gtest.h"

namespace evenkeel {
namespace {

// Values of RFC 3720, appendix B.4, and the customary check value.
TEST(Crc32cTest, GivesTheValuesOfTheStandard) {
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc32c(""), 0u);
}

TEST(Crc32cTest, OfTwoPartsInTurnIsThatOfTheWhole) {
  const std::string whole = "the newest policy, handed from one thread to many";
  for (size_t cut = 0; cut <= whole.size(); ++cut) {
    EXPECT_EQ(Crc32c(whole.substr(cut), Crc32c(whole.substr(0, cut))), Crc32c(whole));
  }
}

}  // namespace
}  // namespace evenkeel
