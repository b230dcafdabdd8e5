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

TEST(Crc32cTest, TheProcessorsInstructionGivesTheSameAtEveryLengthAndPlace) {
  std::string bytes;
  for (uint32_t i = 0, state = 1; i < 10000; ++i)
    bytes.push_back(static_cast<char>((state = state * 1664525 + 1013904223) >> 24));
  const absl::string_view all = bytes;
  for (size_t length = 0; length < all.size(); length += length < 40 ? 1 : 251) {
    for (size_t begin : {0, 1, 5}) {
      const absl::string_view part = all.substr(begin, length);
      ASSERT_EQ(Crc32c(part, 77), Crc32cPortable(part, 77)) << length << " bytes at " << begin;
    }
  }
}

}  // namespace
}  // namespace evenkeel
