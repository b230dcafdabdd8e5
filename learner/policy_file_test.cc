#include "learner/policy_file.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/durable_file.h"
#include "gtest/gtest.h"

namespace evenkeel {
namespace {

v1::PolicyParameters ExamplePolicy() {
  v1::PolicyParameters policy;
  policy.set_algorithm("qmix");
  policy.set_version(25);
  v1::NamedTensor* tensor = policy.add_tensors();
  tensor->set_name("w");
  tensor->add_shape(2);
  tensor->set_data(std::string("\x00\x00\x80\x3f\x00\x00\x00\xc0", 8));  // 1, -2
  policy.set_crc32c(7);
  policy.mutable_shape()->set_servers(3);
  return policy;
}

// If this fails, old policy files can no longer be read: raise the format's version and keep reading
// version 1.
TEST(PolicyFileTest, HasTheGoldenFormat) {
  const std::string body =
      absl::HexStringToBytes("0a04716d697810191a100a01771201021a080000803f000000c020072a020803");
  EXPECT_EQ(EncodePolicyFile(ExamplePolicy()), absl::StrCat("evenkeel policy 1 32 d4b69b25\n", body));
}

TEST(PolicyFileTest, GivesBackWhatWasWritten) {
  const std::string path = absl::StrCat(testing::TempDir(), "/policies/v25/policy.pb");
  ASSERT_TRUE(WritePolicyFile(path, ExamplePolicy()).ok());
  const absl::StatusOr<v1::PolicyParameters> read = ReadPolicyFile(path);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->SerializeAsString(), ExamplePolicy().SerializeAsString());
}

TEST(PolicyFileTest, LiesInTheRunFolderByVersion) {
  EXPECT_EQ(PolicyFilePath("runs/a", 1200), "runs/a/policies/v1200/policy.pb");
}

TEST(PolicyFileTest, AForeignFileIsRefusedByNameWithWhatWasFound) {
  const absl::Status status = DecodePolicyFile("PK\x03\x04zip", "nets/other.pt").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("nets/other.pt is not a policy file"), std::string::npos) << status;
  EXPECT_NE(status.message().find("expected it to begin with \"evenkeel policy 1\""), std::string::npos)
      << status;
  EXPECT_NE(status.message().find("found \"PK\\x03\\x04zip\""), std::string::npos) << status;
}

TEST(PolicyFileTest, AnEmptyFileIsRefused) {
  const absl::Status status = DecodePolicyFile("", "empty.pb").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("found an empty file"), std::string::npos) << status;
}

TEST(PolicyFileTest, ANewerFormatIsRefusedAsSuch) {
  const absl::Status status = DecodePolicyFile("evenkeel policy 2 0 00000000\n", "new.pb").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("format 2, this build reads 1"), std::string::npos) << status;
}

TEST(PolicyFileTest, AFileCutAtAnyByteIsRefused) {
  const std::string whole = EncodePolicyFile(ExamplePolicy());
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(DecodePolicyFile(whole.substr(0, size), "cut.pb").ok()) << size;
  }
}

TEST(PolicyFileTest, AFlippedBitAnywhereIsRefused) {
  const std::string whole = EncodePolicyFile(ExamplePolicy());
  for (size_t bit = 0; bit < 8 * whole.size(); ++bit) {
    std::string damaged = whole;
    damaged[bit / 8] ^= 1 << (bit % 8);
    const absl::StatusOr<v1::PolicyParameters> read = DecodePolicyFile(damaged, "flipped.pb");
    // The case of a hexadecimal digit is no damage.
    if (read.ok()) {
      EXPECT_EQ(read->SerializeAsString(), ExamplePolicy().SerializeAsString()) << bit;
    }
  }
}

TEST(PolicyFileTest, AMissingFileIsNotFoundByName) {
  const absl::Status status = ReadPolicyFile("/nowhere/policy.pb").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(status.message().find("/nowhere/policy.pb"), std::string::npos) << status;
}

}  // namespace
}  // namespace evenkeel
