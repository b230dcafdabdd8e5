#include "replay/log_file_check.h"

#include <cstdint>
#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/crc32c.h"

namespace evenkeel {
namespace {

constexpr size_t kBlockBytes = 32 << 10;
constexpr size_t kTypeOffset = 6, kHeaderBytes = 7;
constexpr uint8_t kNoType = 0;        // of space that was reserved and not written
constexpr uint8_t kLargestType = 4;   // whole, first, middle, last

uint32_t LittleEndian(absl::string_view bytes) {
  uint32_t value = 0;
  for (size_t i = bytes.size(); i > 0; --i) value = value << 8 | static_cast<uint8_t>(bytes[i - 1]);
  return value;
}

// RocksDB does not store the checksum itself, so that one over bytes with checksums in them is a good one too.
uint32_t Stored(uint32_t checksum) { return (checksum >> 15 | checksum << 17) + 0xa282ead8u; }

// Whether the record at the start of `rest` has the right checksum with any length that fits.
bool WholeWithSomeLength(absl::string_view rest) {
  const uint32_t stored = LittleEndian(rest.substr(0, 4));
  uint32_t checksum = Crc32c(rest.substr(kTypeOffset, 1));
  for (const char& byte : rest.substr(kHeaderBytes)) {
    if (Stored(checksum) == stored) return true;
    checksum = Crc32c(absl::string_view(&byte, 1), checksum);
  }
  return Stored(checksum) == stored;
}

// What is wrong with the block's first record that is damaged so that RocksDB would not say it; empty: nothing. `place`
// becomes where the record begins.
std::string FindDamage(absl::string_view block, size_t* place) {
  for (*place = 0; *place + kHeaderBytes <= block.size();) {
    const absl::string_view rest = block.substr(*place);
    const auto type = static_cast<uint8_t>(rest[kTypeOffset]);
    const size_t bytes = kHeaderBytes + LittleEndian(rest.substr(4, 2));
    if (type == kNoType) return "";
    if (type > kLargestType) return absl::StrCat("is of the unknown type ", type);
    if (bytes > rest.size()) {
      if (block.size() == kBlockBytes) return "is longer than its block";
      return WholeWithSomeLength(rest) ? "has a damaged length" : "";
    }
    *place += bytes;
  }
  return "";
}

}  // namespace

absl::Status CheckLogFile(const std::string& path) {
  std::ifstream log(path, std::ios::binary);
  if (!log) return absl::NotFoundError(absl::StrCat("cannot open ", path));
  std::string block(kBlockBytes, '\0');
  for (uint64_t begin = 0; log.read(block.data(), kBlockBytes) || log.gcount() > 0; begin += kBlockBytes) {
    size_t place = 0;
    const std::string damage = FindDamage(absl::string_view(block.data(), log.gcount()), &place);
    if (damage.empty()) continue;
    return absl::DataLossError(absl::StrCat("the record at byte ", begin + place, " of ", path, " ", damage));
  }
  return absl::OkStatus();
}

}  // namespace evenkeel
