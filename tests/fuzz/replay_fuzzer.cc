// What the coordinator and the learner send to replay, through ReplayTables as the service calls it, over a
// real store.
#include <memory>

#include "absl/time/time.h"
#include "replay/experience_store.h"
#include "replay/replay_tables.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/inputs.pb.h"

namespace evenkeel {
namespace {

// One table of every selector, some with limits.
v1::ReplayOptions Options() {
  v1::ReplayOptions replay;
  replay.set_ram_tier_bytes(1 << 20);
  for (const int selector : {v1::ReplayTable::UNIFORM, v1::ReplayTable::PRIORITISED, v1::ReplayTable::FIFO, v1::ReplayTable::LIFO,
                             v1::ReplayTable::MAX_HEAP, v1::ReplayTable::MIN_HEAP}) {
    v1::ReplayTable* const table = replay.add_tables();
    table->set_sampler(static_cast<v1::ReplayTable::Selector>(selector));
    table->set_remover(v1::ReplayTable::FIFO);
    table->set_name(v1::ReplayTable::Selector_Name(table->sampler()));
    table->set_capacity_episodes(selector);
    table->set_priority_exponent(0.6);
    table->set_max_times_sampled(selector % 3);
    table->set_min_episodes(1);
    table->set_samples_slack(1000);
    table->set_sequence_steps(selector % 2 == 0 ? 2 : 0);
    table->set_sequence_overlap(selector % 2 == 0 ? 1 : 0);
  }
  return replay;
}

// Opened once: what earlier inputs stored stays, as in a service that many clients use.
ReplayTables* Tables() {
  static ReplayTables* const tables = [] {
    ExperienceStoreOptions options;
    options.path = OwnFolder() + "/replay";
    options.run_id = "run";
    options.capacity_episodes = 8;
    options.write_buffer_bytes = 1 << 20;
    options.tables = TableNames(Options());
    auto store = ExperienceStore::Open(options);
    if (!store.ok()) ::abort();
    auto made = ReplayTables::Create(*std::move(store), Options());
    if (!made.ok()) ::abort();
    return made->release();
  }();
  return tables;
}

}  // namespace
}  // namespace evenkeel

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace evenkeel;
  v1::ReplayCalls calls;
  if (!Parse(data, size, &calls)) return 0;
  for (const v1::ReplayCalls::Call& call : calls.calls()) {
    if (call.has_append()) {
      const auto episode = std::make_shared<const v1::Episode>(call.append().episode());
      Tables()->Append(episode, absl::ZeroDuration()).status().IgnoreError();
    }
    if (call.has_sample()) Tables()->Sample(call.sample(), absl::ZeroDuration()).status().IgnoreError();
    if (call.has_info()) Tables()->GetInfo(call.info(), absl::ZeroDuration()).status().IgnoreError();
    if (call.has_priorities()) Tables()->UpdatePriorities(call.priorities()).status().IgnoreError();
  }
  return 0;
}
