// The three files of a TLS folder, with "====" between them.
#include "absl/time/time.h"
#include "common/tls.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto [authority, rest] = evenkeel::Cut(evenkeel::Text(data, size), "====\n");
  const auto [certificate, key] = evenkeel::Cut(rest, "====\n");
  const evenkeel::TlsIdentity identity = {authority, certificate, key};
  evenkeel::CheckTlsIdentity(identity, "fuzz", absl::FromUnixSeconds(1'900'000'000)).IgnoreError();
  evenkeel::TlsIdentityEnd(identity).IgnoreError();
  return 0;
}
