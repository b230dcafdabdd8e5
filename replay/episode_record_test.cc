#include "replay/episode_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "replay/test_episode.h"

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

TEST(EpisodeRecordTest, TheBytesAreGolden) {
  v1::Episode episode;
  episode.set_number(258);
  episode.set_steps(1);
  episode.set_mask(std::string("\1\0", 2));
  EXPECT_EQ(absl::BytesToHexString(EpisodeKey(258)), "650000000000000102");
  EXPECT_EQ(absl::BytesToHexString(EncodeEpisode(episode)), "3bf54d7e088202300172020100");
}

TEST(EpisodeRecordTest, KeysSortAsNumbersDo) {
  EXPECT_LT(EpisodeKey(255), EpisodeKey(256));
  EXPECT_LT(EpisodeKey(~uint64_t{0} - 1), EpisodeKey(~uint64_t{0}));
}

TEST(EpisodeRecordTest, AKeyGivesItsNumberBack) {
  EXPECT_EQ(EpisodeOfKey(EpisodeKey(77)), 77u);
  EXPECT_FALSE(EpisodeOfKey("m:run").has_value());
  EXPECT_FALSE(EpisodeOfKey("e").has_value());
  EXPECT_FALSE(EpisodeOfKey("").has_value());
}

TEST(EpisodeRecordTest, AnEpisodeIsDecodedAsItWas) {
  const auto episode = DecodeEpisode(9, EncodeEpisode(MakeTestEpisode(9)));
  ASSERT_TRUE(episode.ok()) << episode.status();
  EXPECT_EQ(episode->SerializeAsString(), MakeTestEpisode(9).SerializeAsString());
}

TEST(EpisodeRecordTest, AnyFlippedBitIsFound) {
  const std::string value = EncodeEpisode(MakeTestEpisode(9));
  for (size_t byte = 0; byte < value.size(); ++byte) {
    std::string damaged = value;
    damaged[byte] ^= 1 << (byte % 8);
    ASSERT_EQ(DecodeEpisode(9, damaged).status().code(), absl::StatusCode::kDataLoss) << "byte " << byte;
  }
}

TEST(EpisodeRecordTest, AValueCutShortIsFound) {
  const std::string value = EncodeEpisode(MakeTestEpisode(9));
  for (size_t size : {size_t{0}, size_t{3}, size_t{4}, value.size() - 1}) {
    EXPECT_EQ(DecodeEpisode(9, value.substr(0, size)).status().code(), absl::StatusCode::kDataLoss) << size;
  }
}

TEST(EpisodeRecordTest, TheValueOfAnotherEpisodeIsFound) {
  const absl::Status status = DecodeEpisode(8, EncodeEpisode(MakeTestEpisode(9))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("expected episode 8, found episode 9"));
}

}  // namespace
}  // namespace evenkeel
