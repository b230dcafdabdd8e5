// A checkpoint folder whose manifest is the input, under the checksum line that fits it.
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/crc32c.h"
#include "learner/checkpoint_store.h"
#include "tests/fuzz/fuzz_input.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string* const folder = [] {
    const std::string made = evenkeel::OwnFolder() + "/ep-000004";
    std::filesystem::create_directories(made);
    evenkeel::WriteBytes(made + "/trainer.state", "");
    evenkeel::WriteBytes(made + "/policy.pb", "");
    return new std::string(made);
  }();
  const std::string manifest = evenkeel::Cut(evenkeel::Text(data, size), "# crc32c ").first;
  evenkeel::WriteBytes(
      *folder + "/MANIFEST.textproto",
      absl::StrCat(manifest, absl::StrFormat("# crc32c %08x\n", evenkeel::Crc32c(manifest))));
  evenkeel::CheckpointStoreOptions options;
  options.folder = evenkeel::OwnFolder();
  options.run_id = "run";
  evenkeel::CheckpointStore(options).LatestValid().IgnoreError();
  return 0;
}
