#include "common/tls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "absl/time/time.h"
#include "common/certificates.h"
#include "common/durable_file.h"

namespace evenkeel {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const absl::Time kBegin = absl::FromUnixSeconds(1'700'000'000);
const absl::Time kEnd = kBegin + absl::Hours(24);
const absl::Time kNow = kBegin + absl::Hours(1);

class TlsTest : public testing::Test {
 protected:
  TlsTest()
      : folder_(testing::TempDir() + "/tls-" + testing::UnitTest::GetInstance()->current_test_info()->name()),
        identity_((*MakeTlsIdentities(1, kBegin, kEnd))[0]) {
    std::filesystem::remove_all(folder_);
    EXPECT_TRUE(WriteTlsIdentity(identity_, folder_).ok());
  }

  std::string LoadError(absl::Time now = kNow) { return LoadTlsIdentity(folder_, now).status().ToString(); }

  void Replace(const std::string& file, const std::string& text) {
    ASSERT_TRUE(WriteFileDurably(folder_ + "/" + file, text, 0600).ok());
  }

  const std::string folder_;
  const TlsIdentity identity_;
};

TEST_F(TlsTest, WhatWasWrittenIsLoaded) {
  const auto loaded = LoadTlsIdentity(folder_, kNow);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->authority, identity_.authority);
  EXPECT_EQ(loaded->certificate, identity_.certificate);
  EXPECT_EQ(loaded->key, identity_.key);
  EXPECT_EQ(*TlsIdentityEnd(*loaded), kEnd);
}

TEST_F(TlsTest, TheKeyIsWrittenForItsOwnerAlone) {
  struct stat info = {};
  ASSERT_EQ(::stat((folder_ + "/node.key").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(TlsTest, AMissingFileIsNamed) {
  for (const std::string file : {"ca.crt", "node.crt", "node.key"}) {
    const std::string bytes = *ReadFile(folder_ + "/" + file);
    std::filesystem::remove(folder_ + "/" + file);
    EXPECT_THAT(LoadError(),
                AllOf(HasSubstr("NOT_FOUND"), HasSubstr(folder_ + "/" + file), HasSubstr("evenkeel certs")));
    Replace(file, bytes);
  }
}

TEST_F(TlsTest, AFileThatIsNoPemIsNamed) {
  for (const std::string file : {"ca.crt", "node.crt", "node.key"}) {
    const std::string bytes = *ReadFile(folder_ + "/" + file);
    Replace(file, "not PEM\n");
    EXPECT_THAT(LoadError(),
                AllOf(HasSubstr("INVALID_ARGUMENT"), HasSubstr(folder_ + "/" + file), HasSubstr("PEM")));
    Replace(file, bytes);
  }
}

TEST_F(TlsTest, ACertificateThatIsCutOffIsNoPem) {
  Replace("node.crt",
          identity_.certificate + identity_.certificate.substr(0, identity_.certificate.size() / 2));
  EXPECT_THAT(LoadError(), AllOf(HasSubstr("node.crt"), HasSubstr("PEM")));
}

TEST_F(TlsTest, AKeyThatOthersCanReadIsRefused) {
  ASSERT_EQ(::chmod((folder_ + "/node.key").c_str(), 0640), 0);
  EXPECT_THAT(LoadError(),
              AllOf(HasSubstr("PERMISSION_DENIED"), HasSubstr("chmod 600 " + folder_ + "/node.key")));
}

TEST_F(TlsTest, AKeyOfAnotherCertificateIsRefused) {
  Replace("node.key", (*MakeTlsIdentities(1, kBegin, kEnd))[0].key);
  EXPECT_THAT(LoadError(), AllOf(HasSubstr("node.key does not belong to"), HasSubstr("node.crt")));
}

TEST_F(TlsTest, ACertificateOfAnotherAuthorityIsRefused) {
  Replace("ca.crt", (*MakeTlsIdentities(1, kBegin, kEnd))[0].authority);
  EXPECT_THAT(LoadError(), HasSubstr("node.crt was not signed by the authority in ca.crt"));
}

TEST_F(TlsTest, AnExpiredCertificateIsNamedWithItsDate) {
  EXPECT_THAT(LoadError(kEnd),
              AllOf(HasSubstr("ca.crt expired on 2023-11-15 22:13 UTC"), HasSubstr("evenkeel certs")));
}

TEST_F(TlsTest, AClockBeforeTheCertificateIsNamed) {
  EXPECT_THAT(LoadError(kBegin - absl::Hours(1)), HasSubstr("valid only from 2023-11-14 22:13 UTC"));
}

// Signed by itself, until 2126; CN=evenkeel-node, but no subject alternative name:
// openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=evenkeel-node -days 36500
constexpr char kNamelessCertificate[] = R"(-----BEGIN CERTIFICATE-----
MIIBiDCCAS2gAwIBAgIUHc0K1sAvTazBvUquq2djdUVtT+8wCgYIKoZIzj0EAwIw
GDEWMBQGA1UEAwwNZXZlbmtlZWwtbm9kZTAgFw0yNjExMjUyMzUxNTRaGA8yMTI2
MTEwMTIzNTE1NFowGDEWMBQGA1UEAwwNZXZlbmtlZWwtbm9kZTBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABBfyRuGaYLQwmpBFhLkk8zUjFnhN/leMtQ174Hx9xoQg
2j+GyOIZDENzTFIx3m0/C9KDpbZo8YnSXXn1pbZ7M8CjUzBRMB0GA1UdDgQWBBTM
uPQiYuiXE2qy9MTfLrKaLmdJbjAfBgNVHSMEGDAWgBTMuPQiYuiXE2qy9MTfLrKa
LmdJbjAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0kAMEYCIQCm4FnRe/Jt
0s1Xu3IhwHXruMEXkwWPOk5LZ7K7k8zK7gIhAPp4EILKd7I6WRZuy6rbceSRpUcf
8joaorHlO/sfkqN6
-----END CERTIFICATE-----
)";
constexpr char kNamelessKey[] = R"(-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgIo45onYRAnOYmnMJ
mn6Llu48zQu3ZKhrDd4zHd0eakqhRANCAAQX8kbhmmC0MJqQRYS5JPM1IxZ4Tf5X
jLUNe+B8fcaEINo/hsjiGQxDc0xSMd5tPwvSg6W2aPGJ0l159aW2ezPA
-----END PRIVATE KEY-----
)";

TEST_F(TlsTest, ACertificateWithoutTheNodesNameIsRefused) {
  const absl::Time later = absl::FromUnixSeconds(1'900'000'000);
  const absl::Status status =
      CheckTlsIdentity({kNamelessCertificate, kNamelessCertificate, kNamelessKey}, "f", later);
  EXPECT_THAT(status.ToString(), HasSubstr("f/node.crt does not carry the DNS name evenkeel-node"));
}

TEST_F(TlsTest, AHugeFileIsNotRead) {
  ASSERT_TRUE(WriteFileDurably(folder_ + "/ca.crt", "").ok());
  std::filesystem::resize_file(folder_ + "/ca.crt", 1ull << 40);
  EXPECT_THAT(LoadError(), AllOf(HasSubstr("ca.crt"), HasSubstr("larger than")));
}

}  // namespace
}  // namespace evenkeel
