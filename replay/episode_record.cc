#include "replay/episode_record.h"

#include "absl/strings/str_cat.h"
#include "common/crc32c.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

constexpr char kEpisodePrefix = 'e';
constexpr size_t kChecksumBytes = 4;

}  // namespace

std::string BigEndian(uint64_t value) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>(value >> shift));
  return bytes;
}

absl::optional<uint64_t> FromBigEndian(absl::string_view bytes) {
  if (bytes.size() != sizeof(uint64_t)) return absl::nullopt;
  uint64_t value = 0;
  for (unsigned char byte : bytes) value = value << 8 | byte;
  return value;
}

std::string EpisodeKey(uint64_t number) { return kEpisodePrefix + BigEndian(number); }

absl::optional<uint64_t> EpisodeOfKey(absl::string_view key) {
  if (key.empty() || key[0] != kEpisodePrefix) return absl::nullopt;
  return FromBigEndian(key.substr(1));
}

void EncodeEpisodeInto(const v1::Episode& episode, std::string* value) {
  value->resize(kChecksumBytes + episode.ByteSizeLong());  // writes nothing where the size was the same
  episode.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(&(*value)[kChecksumBytes]));
  const uint32_t checksum = Crc32c(absl::string_view(*value).substr(kChecksumBytes));
  for (size_t i = 0; i < kChecksumBytes; ++i) (*value)[i] = static_cast<char>(checksum >> (8 * i));
}

std::string EncodeEpisode(const v1::Episode& episode) {
  std::string value;
  EncodeEpisodeInto(episode, &value);
  return value;
}

absl::Status CheckEpisodeValue(absl::string_view value) {
  if (value.size() < kChecksumBytes) {
    return absl::DataLossError(absl::StrCat("expected at least 4 bytes, found ", value.size()));
  }
  uint32_t expected = 0;
  for (size_t i = kChecksumBytes; i > 0; --i)
    expected = expected << 8 | static_cast<unsigned char>(value[i - 1]);
  const uint32_t found = Crc32c(value.substr(kChecksumBytes));
  if (found == expected) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("expected checksum ", absl::Hex(expected, absl::kZeroPad8),
                                          ", found ", absl::Hex(found, absl::kZeroPad8), " over ",
                                          value.size() - kChecksumBytes, " bytes"));
}

absl::StatusOr<v1::Episode> DecodeEpisode(uint64_t number, absl::string_view value) {
  EK_RETURN_IF_ERROR(CheckEpisodeValue(value));
  value.remove_prefix(kChecksumBytes);
  v1::Episode episode;
  if (!episode.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return absl::DataLossError("it is not a serialized Episode");
  }
  if (episode.number() != number) {
    return absl::DataLossError(
        absl::StrCat("expected episode ", number, ", found episode ", episode.number()));
  }
  return episode;
}

}  // namespace evenkeel
