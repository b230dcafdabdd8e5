#include "learner/policy_file.h"

#include <filesystem>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/crc32c.h"
#include "common/durable_file.h"
#include "common/status_macros.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace evenkeel {
namespace {

constexpr absl::string_view kMagic = "evenkeel policy ";
constexpr uint32_t kFormat = 1;
constexpr size_t kLongestHeader = 64;

struct Header {
  uint32_t format = 0;
  uint64_t bytes = 0;
  uint32_t crc32c = 0;
};

absl::Status NotAPolicy(absl::string_view bytes, const std::string& origin) {
  return absl::InvalidArgumentError(absl::StrCat(
      origin, " is not a policy file: expected it to begin with \"", kMagic, kFormat, "\", found ",
      bytes.empty() ? "an empty file" : absl::StrCat("\"", absl::CHexEscape(bytes.substr(0, 24)), "\""),
      "; a run keeps its policy in RUN/policies/vN/policy.pb"));
}

// Takes the first line off `bytes`.
absl::StatusOr<Header> TakeHeader(absl::string_view* bytes, const std::string& origin) {
  const absl::string_view whole = *bytes;
  const size_t end = whole.substr(0, kLongestHeader).find('\n');
  if (!absl::ConsumePrefix(bytes, kMagic)) return NotAPolicy(whole, origin);
  if (end == absl::string_view::npos)
    return absl::DataLossError(absl::StrCat(origin, " is cut short in its first line"));
  const std::vector<absl::string_view> words =
      absl::StrSplit(whole.substr(kMagic.size(), end - kMagic.size()), ' ');
  *bytes = whole.substr(end + 1);
  Header header;
  if (!absl::SimpleAtoi(words[0], &header.format)) return NotAPolicy(whole, origin);
  if (header.format != kFormat) {
    return absl::FailedPreconditionError(absl::StrCat(origin, " has policy format ", header.format,
                                                      ", this build reads ", kFormat,
                                                      "; use the build that wrote it"));
  }
  if (words.size() != 3 || !absl::SimpleAtoi(words[1], &header.bytes) ||
      !absl::SimpleHexAtoi(words[2], &header.crc32c)) {
    return absl::DataLossError(absl::StrCat(origin, " is damaged in its first line"));
  }
  return header;
}

std::string SerializeDeterministically(const v1::PolicyParameters& policy) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    policy.SerializeToCodedStream(&coded);
  }
  return bytes;
}

}  // namespace

std::string PolicyFilePath(const std::string& run_folder, uint64_t version) {
  return absl::StrCat(run_folder, "/policies/v", version, "/policy.pb");
}

std::string EncodePolicyFile(const v1::PolicyParameters& policy) {
  const std::string body = SerializeDeterministically(policy);
  return absl::StrCat(absl::StrFormat("%s%u %u %08x\n", kMagic, kFormat, body.size(), Crc32c(body)), body);
}

absl::StatusOr<v1::PolicyParameters> DecodePolicyFile(absl::string_view bytes, const std::string& origin) {
  EK_ASSIGN_OR_RETURN(const Header header, TakeHeader(&bytes, origin));
  if (bytes.size() != header.bytes) {
    return absl::DataLossError(absl::StrCat(origin, " is damaged: expected ", header.bytes,
                                            " bytes after the first line, found ", bytes.size()));
  }
  if (const uint32_t crc32c = Crc32c(bytes); crc32c != header.crc32c) {
    return absl::DataLossError(
        absl::StrFormat("%s is damaged: expected checksum %08x, found %08x", origin, header.crc32c, crc32c));
  }
  v1::PolicyParameters policy;
  if (!policy.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError(
        absl::StrCat(origin, " is damaged: its content is no PolicyParameters message"));
  }
  return policy;
}

absl::Status WritePolicyFile(const std::string& path, const v1::PolicyParameters& policy) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  if (!folder.empty()) EK_RETURN_IF_ERROR(MakeFolders(folder));
  return WriteFileDurably(path, EncodePolicyFile(policy));
}

absl::StatusOr<v1::PolicyParameters> ReadPolicyFile(const std::string& path) {
  EK_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(path));
  return DecodePolicyFile(bytes, path);
}

}  // namespace evenkeel
