// RUN/round.journal, as it is and as one piece under the length and checksum that fit it. The seed has neither.
#include "common/crc32c.h"
#include "coordinator/round_journal.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input = evenkeel::Text(data, size);
  if (evenkeel::ParseRoundJournal(input).second > size) ::abort();
  std::string framed;
  for (const uint32_t value : {static_cast<uint32_t>(size), evenkeel::Crc32c(input)}) {
    for (int byte = 0; byte < 4; ++byte) framed.push_back(static_cast<char>(value >> 8 * byte));
  }
  framed += input;
  evenkeel::v1::RoundJournal parsed;
  const bool whole = evenkeel::ParseRoundJournal(framed).second == framed.size();
  if (whole != evenkeel::Parse(data, size, &parsed)) ::abort();
  return 0;
}
