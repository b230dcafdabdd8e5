// CRC-32C (Castagnoli), the checksum of everything we write to disk or send whole.
#ifndef EVENKEEL_COMMON_CRC32C_H_
#define EVENKEEL_COMMON_CRC32C_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace evenkeel {

// The checksum of `bytes`; of A followed by B it is Crc32c(B, Crc32c(A)). As in RFC 3720 (iSCSI), appendix
// B.4. Uses the processor's instruction (SSE 4.2) where there is one.
uint32_t Crc32c(absl::string_view bytes, uint32_t before = 0);

// The same without it; for the test.
uint32_t Crc32cPortable(absl::string_view bytes, uint32_t before = 0);

}  // namespace evenkeel

#endif  // EVENKEEL_COMMON_CRC32C_H_
