// search.state, as it is and under the checksum that fits it; the search then goes on from it. The seed has
// no checksum.
#include "absl/strings/str_cat.h"
#include "algorithms/es/cma_es.h"
#include "common/crc32c.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evenkeel::CmaEs search({0.5, -0.5}, 0.3, 4, 1);
  const std::string input = evenkeel::Text(data, size);
  search.Restore(input).IgnoreError();
  const uint32_t checksum = evenkeel::Crc32c(input);
  if (!search.Restore(absl::StrCat(std::string(reinterpret_cast<const char*>(&checksum), 4), input)).ok())
    return 0;
  search.Candidates();
  search.Update({1, 2, 3, 4});
  search.Candidates();
  return 0;
}
