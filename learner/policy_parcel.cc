#include "learner/policy_parcel.h"

#include <zstd.h>

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crc32c.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

// Trained float32 weights shrink by a tenth at best, whatever the level: the cheapest finds what there is to
// gain.
constexpr int kZstdLevel = 1;

constexpr uint64_t kMaxPolicyBytes = uint64_t{1} << 30;

absl::Status Damaged(const v1::PolicyParcel& parcel, absl::string_view what) {
  return absl::DataLossError(absl::StrCat("policy version ", parcel.version(), " arrived damaged: ", what));
}

absl::StatusOr<std::string> Decompress(const v1::PolicyParcel& parcel) {
  if (parcel.policy_bytes() > kMaxPolicyBytes) {
    return Damaged(parcel, absl::StrCat("it says it is ", parcel.policy_bytes(), " bytes, expected ",
                                        kMaxPolicyBytes, " at most"));
  }
  std::string bytes(parcel.policy_bytes(), '\0');
  const size_t size =
      ZSTD_decompress(&bytes[0], bytes.size(), parcel.policy().data(), parcel.policy().size());
  if (ZSTD_isError(size)) return Damaged(parcel, ZSTD_getErrorName(size));
  if (size != bytes.size()) {
    return Damaged(parcel, absl::StrCat("it holds ", size, " bytes, expected ", bytes.size()));
  }
  return bytes;
}

absl::StatusOr<v1::PolicyParameters> Parse(const v1::PolicyParcel& parcel, const std::string& bytes) {
  v1::PolicyParameters policy;
  if (!policy.ParseFromString(bytes)) return Damaged(parcel, "it is no PolicyParameters");
  if (policy.version() != parcel.version()) {
    return Damaged(parcel, absl::StrCat("it holds version ", policy.version()));
  }
  return policy;
}

}  // namespace

v1::PolicyParcel PackPolicy(const v1::PolicyParameters& policy) {
  v1::PolicyParcel parcel;
  std::string bytes = policy.SerializeAsString();
  parcel.set_version(policy.version());
  parcel.set_policy_bytes(bytes.size());
  std::string packed(ZSTD_compressBound(bytes.size()), '\0');
  const size_t size = ZSTD_compress(&packed[0], packed.size(), bytes.data(), bytes.size(), kZstdLevel);
  if (!ZSTD_isError(size) && size <= bytes.size() - bytes.size() / 8) {
    packed.resize(size);
    parcel.set_encoding(v1::PolicyParcel::ZSTD);
    parcel.set_policy(std::move(packed));
  } else {
    parcel.set_policy(std::move(bytes));
  }
  parcel.set_crc32c(Crc32c(parcel.policy()));
  return parcel;
}

absl::StatusOr<v1::PolicyParameters> UnpackPolicy(const v1::PolicyParcel& parcel) {
  const uint32_t sum = Crc32c(parcel.policy());
  if (sum != parcel.crc32c()) {
    return Damaged(parcel, absl::StrCat("its crc32c is ", sum, ", expected ", parcel.crc32c()));
  }
  switch (parcel.encoding()) {
    case v1::PolicyParcel::NONE:
      return Parse(parcel, parcel.policy());
    case v1::PolicyParcel::ZSTD: {
      EK_ASSIGN_OR_RETURN(const std::string bytes, Decompress(parcel));
      return Parse(parcel, bytes);
    }
    default:
      return absl::UnimplementedError(absl::StrCat("policy version ", parcel.version(), " is encoded as ",
                                                   static_cast<int>(parcel.encoding()),
                                                   ", which this build does not know; update it"));
  }
}

}  // namespace evenkeel
