// Memory stays below its bounds while many times as much comes in.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "replay/replay_tables.h"
#include "replay/test_episode.h"

namespace evenkeel {
namespace {

TEST(ReplayMemoryTest, ManyTimesTheBoundComesInAndItHolds) {
  ExperienceStoreOptions options;
  options.path = testing::TempDir() + "/memory";
  options.run_id = "run-a";
  options.write_buffer_bytes = 4 << 20;
  options.capacity_episodes = 500;
  std::filesystem::remove_all(options.path);
  v1::ReplayOptions replay;
  replay.set_ram_tier_bytes(16 << 20);
  replay.add_tables()->set_name("experience");
  v1::ReplayTable* stretches = replay.add_tables();
  stretches->set_name("stretches");
  stretches->set_sampler(v1::ReplayTable::PRIORITISED);
  stretches->set_sequence_steps(16);
  options.tables = TableNames(replay);
  auto tables = *ReplayTables::Create(*ExperienceStore::Open(options), replay);

  // Each item: a node of its table's tree and its state, with the room that a vector grows ahead; 15 stretches + 1
  // whole.
  const uint64_t index_bound = options.capacity_episodes * (16 * (2 * 96 + 24) + 2 * 128);
  const uint64_t bound = replay.ram_tier_bytes() + ExperienceStore::MaxMemoryBytes(options) + index_bound;
  const uint64_t episode_bytes = MakeTestEpisode(0, kLargeEpisode).ByteSizeLong();
  const uint64_t count = 6 * bound / episode_bytes;
  ASSERT_GT(count, 2 * options.capacity_episodes);
  uint64_t most = 0, most_index = 0;
  v1::Episode episode = MakeTestEpisode(0, kLargeEpisode);
  for (uint64_t number = 0; number < count; ++number) {
    episode.set_number(number);
    const auto reply = tables->Append(std::make_shared<const v1::Episode>(episode), absl::ZeroDuration());
    ASSERT_TRUE(reply.ok()) << reply.status();
    if (number % 5 != 0) continue;
    v1::SampleRequest request;
    request.set_episodes(4);
    request.set_seed(number);
    ASSERT_TRUE(number < 4 || tables->Sample(request, absl::ZeroDuration()).ok());
    const v1::ReplayInfo info = *tables->GetInfo({}, absl::ZeroDuration());
    EXPECT_LE(info.ram_bytes(), replay.ram_tier_bytes());
    EXPECT_LE(info.database_bytes(), ExperienceStore::MaxMemoryBytes(options));
    EXPECT_LE(info.index_bytes(), index_bound);
    most = std::max(most, info.ram_bytes() + info.database_bytes() + info.index_bytes());
    most_index = std::max(most_index, info.index_bytes());
  }
  EXPECT_LE(most, bound);
  EXPECT_GT(most, replay.ram_tier_bytes()) << "nothing was measured";
  EXPECT_GT(most_index, 0u);
  std::cout << count << " episodes of " << episode_bytes << " bytes: at most " << most << " of " << bound
            << " bytes, " << most_index << " of them index\n";
}

}  // namespace
}  // namespace evenkeel
