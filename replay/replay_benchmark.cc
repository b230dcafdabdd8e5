// How fast a 12-episode batch of 240 KB episodes is appended and sampled: in process, from disk, and through
// gRPC.
#include <benchmark/benchmark.h>

#include <filesystem>
#include <limits>
#include <string>

#include "common/grpc_server.h"
#include "replay/episode_validation.h"
#include "replay/replay_client.h"
#include "replay/replay_service.h"
#include "replay/replay_table.h"
#include "replay/selectors/uniform_selector.h"
#include "replay/test_episode.h"

namespace evenkeel {
namespace {

constexpr uint64_t kEpisodes = 300;
constexpr uint32_t kBatch = 12;

std::unique_ptr<ReplayTable> MakeTable(uint64_t episodes, uint64_t ram_tier_bytes, bool sync = false) {
  ExperienceStoreOptions options;
  options.path = (std::filesystem::temp_directory_path() / "evenkeel_replay_benchmark").string();
  options.run_id = "benchmark";
  options.sync = sync;
  std::filesystem::remove_all(options.path);
  auto table = *ReplayTable::Create(*ExperienceStore::Open(options), std::make_unique<UniformSelector>(),
                                    ram_tier_bytes);
  for (uint64_t number = 0; number < episodes; ++number) {
    table->Append(MakeTestEpisode(number, kLargeEpisode)).status().IgnoreError();
  }
  return table;
}

v1::SampleRequest Batch(uint64_t seed) {
  v1::SampleRequest request;
  request.set_episodes(kBatch);
  request.set_seed(seed);
  return request;
}

void CountEpisodes(benchmark::State& state, int64_t per_iteration) {
  state.SetItemsProcessed(state.iterations() * per_iteration);
  state.SetBytesProcessed(state.iterations() * per_iteration *
                          static_cast<int64_t>(MakeTestEpisode(0, kLargeEpisode).ByteSizeLong()));
}

void SampleTable(benchmark::State& state, uint64_t ram_tier_bytes) {
  const auto table = MakeTable(kEpisodes, ram_tier_bytes);
  uint64_t seed = 0;
  for (auto _ : state) benchmark::DoNotOptimize(table->Sample(Batch(++seed), absl::ZeroDuration()));
  CountEpisodes(state, kBatch);
}

void SampleFromRam(benchmark::State& state) { SampleTable(state, std::numeric_limits<uint64_t>::max()); }
void SampleFromDisk(benchmark::State& state) { SampleTable(state, 0); }

// The batch copied out as well, as a reader does that fills a tensor.
void SampleFromRamAndCopy(benchmark::State& state) {
  const auto table = MakeTable(kEpisodes, std::numeric_limits<uint64_t>::max());
  std::string tensor(4 << 20, '\0');
  uint64_t seed = 0;
  for (auto _ : state) {
    char* to = tensor.data();
    const auto sample = table->Sample(Batch(++seed), absl::ZeroDuration());
    for (const auto& episode : *sample) {
      to = std::copy(episode->observations().begin(), episode->observations().end(), to);
    }
    benchmark::ClobberMemory();
  }
  CountEpisodes(state, kBatch);
}

void AppendToTable(benchmark::State& state) {
  const auto table = MakeTable(0, 512 << 20, state.range(0) != 0);
  const v1::Episode episode = MakeTestEpisode(0, kLargeEpisode);
  uint64_t number = 0;
  for (auto _ : state) {
    v1::Episode next = episode;
    next.set_number(number++);
    if (!table->Append(std::move(next)).ok()) state.SkipWithError("Append failed");
  }
  CountEpisodes(state, 1);
}

struct Served {
  explicit Served(uint64_t episodes) : table(MakeTable(episodes, 512 << 20)), service(table.get()) {
    GrpcServerOptions options;
    options.role = "replay";
    options.max_message_bytes = kMaxReplayMessageBytes;
    server = *GrpcServer::Start(options, {&service});
    client = std::make_unique<ReplayClient>(server->address(), RealClock());
  }
  std::unique_ptr<ReplayTable> table;
  ReplayService service;
  std::unique_ptr<GrpcServer> server;
  std::unique_ptr<ReplayClient> client;
};

void SampleThroughGrpc(benchmark::State& state) {
  const Served served(kEpisodes);
  uint64_t seed = 0;
  for (auto _ : state) {
    if (!served.client->Sample(Batch(++seed), absl::Seconds(10)).ok()) state.SkipWithError("Sample failed");
  }
  CountEpisodes(state, kBatch);
}

void AppendThroughGrpc(benchmark::State& state) {
  const Served served(0);
  const v1::Episode episode = MakeTestEpisode(0, kLargeEpisode);
  uint64_t number = 0;
  for (auto _ : state) {
    v1::Episode next = episode;
    next.set_number(number++);
    if (!served.client->Append(std::move(next)).ok()) state.SkipWithError("Append failed");
  }
  CountEpisodes(state, 1);
}

BENCHMARK(SampleFromRam)->UseRealTime();
BENCHMARK(SampleFromRamAndCopy)->UseRealTime();
BENCHMARK(SampleFromDisk)->UseRealTime();
BENCHMARK(SampleThroughGrpc)->UseRealTime();
BENCHMARK(AppendToTable)->ArgName("sync")->Arg(0)->Arg(1)->UseRealTime();
BENCHMARK(AppendThroughGrpc)->UseRealTime();

}  // namespace
}  // namespace evenkeel

BENCHMARK_MAIN();
