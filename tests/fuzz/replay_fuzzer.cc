// What the coordinator and the learner send to replay, through ReplayTable as the service calls it, over a
// real store.
#include <memory>

#include "absl/time/time.h"
#include "replay/experience_store.h"
#include "replay/replay_table.h"
#include "replay/selectors/uniform_selector.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/inputs.pb.h"

namespace evenkeel {
namespace {

// Opened once: what earlier inputs stored stays, as in a service that many clients use.
ReplayTable* Table() {
  static ReplayTable* const table = [] {
    ExperienceStoreOptions options;
    options.path = OwnFolder() + "/replay";
    options.run_id = "run";
    options.capacity_episodes = 8;
    options.write_buffer_bytes = 1 << 20;
    auto store = ExperienceStore::Open(options);
    if (!store.ok()) ::abort();
    auto made = ReplayTable::Create(*std::move(store), std::make_unique<UniformSelector>(), 1 << 20);
    if (!made.ok()) ::abort();
    return made->release();
  }();
  return table;
}

}  // namespace
}  // namespace evenkeel

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evenkeel;
  v1::ReplayCalls calls;
  if (!Parse(data, size, &calls)) return 0;
  for (const v1::ReplayCalls::Call& call : calls.calls()) {
    if (call.has_append()) Table()->Append(call.append().episode()).status().IgnoreError();
    if (call.has_sample()) Table()->Sample(call.sample(), absl::ZeroDuration()).status().IgnoreError();
    if (call.has_info()) Table()->GetInfo(call.info(), absl::ZeroDuration()).status().IgnoreError();
  }
  return 0;
}
