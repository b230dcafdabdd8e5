#include "learner/policy_parcel.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "common/crc32c.h"
#include "common/rng.h"

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

v1::PolicyParameters Policy(std::string data) {
  v1::PolicyParameters policy;
  policy.set_version(25);
  policy.add_tensors()->set_data(std::move(data));
  return policy;
}

std::string Weights(int count) {
  Rng rng(1);
  std::string data;
  for (int i = 0; i < count; ++i) {
    const float weight = static_cast<float>(rng.Normal());
    data.append(reinterpret_cast<const char*>(&weight), sizeof(weight));
  }
  return data;
}

TEST(PolicyParcelTest, APolicyThatCompressesTravelsCompressedAndArrivesAsItWas) {
  const v1::PolicyParameters policy = Policy(std::string(100'000, 'x'));
  const v1::PolicyParcel parcel = PackPolicy(policy);
  EXPECT_EQ(parcel.encoding(), v1::PolicyParcel::ZSTD);
  EXPECT_LT(parcel.policy().size(), 1000u);
  EXPECT_EQ(parcel.version(), 25u);
  const auto unpacked = UnpackPolicy(parcel);
  ASSERT_TRUE(unpacked.ok()) << unpacked.status();
  EXPECT_EQ(unpacked->SerializeAsString(), policy.SerializeAsString());
}

TEST(PolicyParcelTest, WeightsTravelAsTheyAreBecauseCompressionGainsLittle) {
  const v1::PolicyParameters policy = Policy(Weights(50'000));
  const v1::PolicyParcel parcel = PackPolicy(policy);
  EXPECT_EQ(parcel.encoding(), v1::PolicyParcel::NONE);
  const auto unpacked = UnpackPolicy(parcel);
  ASSERT_TRUE(unpacked.ok()) << unpacked.status();
  EXPECT_EQ(unpacked->SerializeAsString(), policy.SerializeAsString());
}

TEST(PolicyParcelTest, EveryFlippedByteIsFound) {
  for (const v1::PolicyParameters& policy : {Policy(std::string(5'000, 'x')), Policy(Weights(20))}) {
    const v1::PolicyParcel whole = PackPolicy(policy);
    for (size_t at = 0; at < whole.policy().size(); ++at) {
      v1::PolicyParcel damaged = whole;
      (*damaged.mutable_policy())[at] ^= 1;
      EXPECT_EQ(UnpackPolicy(damaged).status().code(), absl::StatusCode::kDataLoss) << at;
    }
  }
}

TEST(PolicyParcelTest, AParcelThatLiesAboutItsContentIsRefusedWithoutTakingMemoryForIt) {
  v1::PolicyParcel parcel = PackPolicy(Policy(std::string(5'000, 'x')));
  v1::PolicyParcel large = parcel, small = parcel, other = parcel;
  large.set_policy_bytes(~uint64_t{0});
  EXPECT_THAT(std::string(UnpackPolicy(large).status().message()), HasSubstr("expected 1073741824 at most"));
  small.set_policy_bytes(10);
  EXPECT_EQ(UnpackPolicy(small).status().code(), absl::StatusCode::kDataLoss);
  other.set_version(26);
  EXPECT_THAT(std::string(UnpackPolicy(other).status().message()), HasSubstr("it holds version 25"));
}

TEST(PolicyParcelTest, BytesThatAreNoPolicyAreRefused) {
  v1::PolicyParcel parcel;
  parcel.set_policy("\xff\xff\xff");
  parcel.set_crc32c(Crc32c(parcel.policy()));
  EXPECT_EQ(UnpackPolicy(parcel).status().code(), absl::StatusCode::kDataLoss);
  parcel.set_encoding(v1::PolicyParcel::ZSTD);
  EXPECT_EQ(UnpackPolicy(parcel).status().code(), absl::StatusCode::kDataLoss);
}

TEST(PolicyParcelTest, AnEncodingOfTheFutureIsRefusedByName) {
  v1::PolicyParcel parcel = PackPolicy(Policy("x"));
  parcel.set_encoding(static_cast<v1::PolicyParcel::Encoding>(7));
  EXPECT_EQ(UnpackPolicy(parcel).status().code(), absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace evenkeel
