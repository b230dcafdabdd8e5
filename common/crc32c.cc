#include "common/crc32c.h"

#include <array>
#include <cstring>
#include <string>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace evenkeel {
namespace {

constexpr uint32_t kReversedPolynomial = 0x82f63b78u;
using Tables = std::array<std::array<uint32_t, 256>, 8>;

// tables[k][b]: what byte b contributes when k more bytes follow in the same eight ("slicing by 8", Kounavis
// 2005).
Tables MakeTables() {
  Tables tables;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kReversedPolynomial : 0);
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < tables.size(); ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t crc = tables[k - 1][byte];
      tables[k][byte] = (crc >> 8) ^ tables[0][crc & 0xff];
    }
  }
  return tables;
}

// The remainder after `bytes`, from and to which no inversion is applied.
uint32_t ExtendPortably(uint32_t crc, absl::string_view bytes) {
  static const Tables tables = MakeTables();
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
    uint8_t b[8];
    std::memcpy(b, bytes.data(), sizeof(b));
    const uint32_t low = crc ^ (b[0] | b[1] << 8 | b[2] << 16 | static_cast<uint32_t>(b[3]) << 24);
    crc = tables[7][low & 0xff] ^ tables[6][(low >> 8) & 0xff] ^ tables[5][(low >> 16) & 0xff] ^
          tables[4][low >> 24] ^ tables[3][b[4]] ^ tables[2][b[5]] ^ tables[1][b[6]] ^ tables[0][b[7]];
  }
  for (const char c : bytes) crc = (crc >> 8) ^ tables[0][(crc ^ static_cast<uint8_t>(c)) & 0xff];
  return crc;
}

#if defined(__x86_64__)

// The instruction takes one cycle but its result three: three streams side by side, of so many bytes each, keep it
// busy.
constexpr size_t kStream = 1024;
using ShiftTables = std::array<std::array<uint32_t, 256>, 4>;

// What each byte of a remainder becomes when kStream zero bytes follow; the map is linear.
ShiftTables MakeShiftTables() {
  const std::string zeros(kStream, '\0');
  ShiftTables tables;
  for (size_t place = 0; place < tables.size(); ++place) {
    for (uint32_t byte = 0; byte < 256; ++byte) tables[place][byte] = ExtendPortably(byte << (8 * place), zeros);
  }
  return tables;
}

uint32_t Shift(const ShiftTables& tables, uint32_t crc) {
  return tables[0][crc & 0xff] ^ tables[1][(crc >> 8) & 0xff] ^ tables[2][(crc >> 16) & 0xff] ^ tables[3][crc >> 24];
}

uint64_t Load(const char* from) {
  uint64_t word;
  std::memcpy(&word, from, sizeof(word));
  return word;
}

__attribute__((target("sse4.2"))) uint32_t ExtendByInstruction(uint32_t crc, absl::string_view bytes) {
  static const ShiftTables tables = MakeShiftTables();
  for (; bytes.size() >= 3 * kStream; bytes.remove_prefix(3 * kStream)) {
    uint64_t a = crc, b = 0, c = 0;
    for (const char* at = bytes.data(); at < bytes.data() + kStream; at += sizeof(uint64_t)) {
      a = _mm_crc32_u64(a, Load(at));
      b = _mm_crc32_u64(b, Load(at + kStream));
      c = _mm_crc32_u64(c, Load(at + 2 * kStream));
    }
    crc = Shift(tables, Shift(tables, static_cast<uint32_t>(a)) ^ static_cast<uint32_t>(b)) ^ static_cast<uint32_t>(c);
  }
  uint64_t rest = crc;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) rest = _mm_crc32_u64(rest, Load(bytes.data()));
  crc = static_cast<uint32_t>(rest);
  for (const char byte : bytes) crc = _mm_crc32_u8(crc, static_cast<uint8_t>(byte));
  return crc;
}

bool HasInstruction() {
  static const bool has = __builtin_cpu_supports("sse4.2");
  return has;
}

#else

bool HasInstruction() { return false; }
uint32_t ExtendByInstruction(uint32_t crc, absl::string_view bytes) { return ExtendPortably(crc, bytes); }

#endif

}  // namespace

uint32_t Crc32c(absl::string_view bytes, uint32_t before) {
  return ~(HasInstruction() ? ExtendByInstruction(~before, bytes) : ExtendPortably(~before, bytes));
}

uint32_t Crc32cPortable(absl::string_view bytes, uint32_t before) { return ~ExtendPortably(~before, bytes); }

}  // namespace evenkeel
