#include "replay/replay_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <limits>
#include <set>

#include "common/named_thread.h"
#include "replay/selectors/uniform_selector.h"
#include "replay/test_episode.h"

namespace evenkeel {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Lt;

constexpr uint64_t kAllInRam = std::numeric_limits<uint64_t>::max();

v1::SampleRequest Request(uint32_t episodes, uint64_t seed, uint64_t before = 0, uint64_t min = 0) {
  v1::SampleRequest request;
  request.set_episodes(episodes);
  request.set_seed(seed);
  request.set_before_episode(before);
  request.set_min_episodes(min);
  return request;
}

v1::InfoRequest WaitForNext(uint64_t next) {
  v1::InfoRequest request;
  request.set_min_next_episode(next);
  return request;
}

class ReplayTableTest : public testing::Test {
 protected:
  ReplayTableTest() {
    store_options_.path =
        testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name();
    store_options_.run_id = "run-a";
    std::filesystem::remove_all(store_options_.path);
    Reopen(kAllInRam);
  }

  void Reopen(uint64_t ram_tier_bytes) {
    table_.reset();
    auto store = ExperienceStore::Open(store_options_);
    ASSERT_TRUE(store.ok()) << store.status();
    auto table = ReplayTable::Create(*std::move(store), std::make_unique<UniformSelector>(), ram_tier_bytes);
    ASSERT_TRUE(table.ok()) << table.status();
    table_ = *std::move(table);
  }

  void MustAppend(uint64_t number) {
    const auto reply = table_->Append(MakeTestEpisode(number));
    ASSERT_TRUE(reply.ok()) << reply.status();
  }

  void AppendUpTo(uint64_t end) {
    for (uint64_t number = 0; number < end; ++number) MustAppend(number);
  }

  // The numbers drawn; each episode must be what was appended.
  std::vector<uint64_t> MustSample(const v1::SampleRequest& request) {
    const auto sample = table_->Sample(request, absl::ZeroDuration());
    EXPECT_TRUE(sample.ok()) << sample.status();
    std::vector<uint64_t> numbers;
    for (const auto& episode : *sample) {
      EXPECT_EQ(episode->SerializeAsString(), MakeTestEpisode(episode->number()).SerializeAsString());
      numbers.push_back(episode->number());
    }
    return numbers;
  }

  v1::ReplayInfo MustGetInfo() { return *table_->GetInfo({}, absl::ZeroDuration()); }

  ExperienceStoreOptions store_options_;
  std::unique_ptr<ReplayTable> table_;
};

TEST_F(ReplayTableTest, ASampleHoldsDifferentStoredEpisodes) {
  AppendUpTo(20);
  const std::vector<uint64_t> numbers = MustSample(Request(12, 1));
  EXPECT_EQ(std::set<uint64_t>(numbers.begin(), numbers.end()).size(), 12u);
  EXPECT_THAT(numbers, Each(Lt(20u)));
}

TEST_F(ReplayTableTest, TheSameSeedDrawsTheSameWhateverIsInRam) {
  AppendUpTo(20);
  const std::vector<uint64_t> all_in_ram = MustSample(Request(12, 5));
  Reopen(kAllInRam);
  EXPECT_EQ(MustSample(Request(12, 5)), all_in_ram);
  Reopen(7 * MakeTestEpisode(0).SpaceUsedLong());
  EXPECT_EQ(MustSample(Request(12, 5)), all_in_ram);
  Reopen(0);
  EXPECT_EQ(MustSample(Request(12, 5)), all_in_ram);
  EXPECT_EQ(MustGetInfo().ram_bytes(), 0u);
  EXPECT_NE(MustSample(Request(12, 6)), all_in_ram);
}

TEST_F(ReplayTableTest, TheOrderOfArrivalDoesNotChangeADraw) {
  AppendUpTo(8);
  const std::vector<uint64_t> in_order = MustSample(Request(4, 5));
  table_.reset();
  std::filesystem::remove_all(store_options_.path);
  Reopen(kAllInRam);
  for (uint64_t number : {3, 1, 0, 2, 7, 6, 5, 4}) MustAppend(number);
  EXPECT_EQ(MustSample(Request(4, 5)), in_order);
}

TEST_F(ReplayTableTest, BeforeEpisodeBoundsTheDrawAndMakesItRepeatable) {
  AppendUpTo(10);
  const std::vector<uint64_t> then = MustSample(Request(6, 3));
  for (uint64_t number = 10; number < 30; ++number) MustAppend(number);
  EXPECT_EQ(MustSample(Request(6, 3, /*before=*/10)), then);
}

TEST_F(ReplayTableTest, TheRamTierKeepsTheNewest) {
  Reopen(3 * MakeTestEpisode(0).SpaceUsedLong());
  AppendUpTo(10);
  EXPECT_EQ(MustGetInfo().ram_bytes(), 3 * MakeTestEpisode(0).SpaceUsedLong());
  const auto from_ram = table_->Sample(Request(10, 1), absl::ZeroDuration());
  const auto again = table_->Sample(Request(10, 1), absl::ZeroDuration());
  for (size_t i = 0; i < from_ram->size(); ++i) {
    const bool shared = (*from_ram)[i] == (*again)[i];
    EXPECT_EQ(shared, (*from_ram)[i]->number() >= 7) << (*from_ram)[i]->number();
  }
}

TEST_F(ReplayTableTest, InfoTellsWhatIsStored) {
  store_options_.capacity_episodes = 4;
  Reopen(kAllInRam);
  AppendUpTo(5);
  MustAppend(6);
  const v1::ReplayInfo info = MustGetInfo();
  EXPECT_EQ(info.episodes(), 4u);
  EXPECT_EQ(info.oldest_episode(), 2u);
  EXPECT_EQ(info.next_episode(), 5u);
  EXPECT_EQ(info.evicted_episodes(), 2u);
  EXPECT_GT(info.disk_bytes(), 0u);
  EXPECT_EQ(info.ram_bytes(), 4 * MakeTestEpisode(0).SpaceUsedLong());
}

TEST_F(ReplayTableTest, AnEvictedEpisodeIsNeverDrawn) {
  store_options_.capacity_episodes = 4;
  Reopen(0);
  AppendUpTo(9);
  std::vector<uint64_t> numbers = MustSample(Request(4, 1));
  EXPECT_THAT(numbers, testing::UnorderedElementsAre(5, 6, 7, 8));
}

TEST_F(ReplayTableTest, ASecondAppendOfANumberIsAcknowledgedAsPresent) {
  AppendUpTo(2);
  const auto reply = table_->Append(MakeTestEpisode(1));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_TRUE(reply->was_present());
  EXPECT_EQ(reply->episodes(), 2u);
}

TEST_F(ReplayTableTest, AnEpisodeThatDoesNotFitItsSizesIsRefusedAndNotStored) {
  v1::Episode episode = MakeTestEpisode(0);
  episode.mutable_rewards()->pop_back();
  const absl::Status status = table_->Append(episode).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("rewards"));
  EXPECT_EQ(MustGetInfo().episodes(), 0u);
}

TEST_F(ReplayTableTest, AWaitForEpisodesThatTimesOutTellsTheNumbers) {
  AppendUpTo(3);
  const absl::Status status = table_->Sample(Request(2, 1, 0, /*min=*/5), absl::Milliseconds(1)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("waited for 5 episodes, there are 3"));
}

TEST_F(ReplayTableTest, ADrawOfMoreThanThereAreTellsTheNumbers) {
  AppendUpTo(9);
  const absl::Status status = table_->Sample(Request(7, 1, /*before=*/4), absl::ZeroDuration()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("draw 7 episodes below number 4, there are 4"));
}

TEST_F(ReplayTableTest, ADrawOfNothingIsRefused) {
  EXPECT_EQ(table_->Sample(Request(0, 1), absl::ZeroDuration()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ReplayTableTest, AWaitForTheNextEpisodeThatTimesOutTellsTheNumbers) {
  AppendUpTo(3);
  const absl::Status status = table_->GetInfo(WaitForNext(4), absl::Milliseconds(1)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("waited for next_episode 4, it is 3"));
}

TEST_F(ReplayTableTest, AWaitEndsWhenTheGapIsFilled) {
  MustAppend(1);
  NamedThread appender("appender", [this] { MustAppend(0); });
  const auto info = table_->GetInfo(WaitForNext(2), absl::Seconds(30));
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->next_episode(), 2u);
}

TEST_F(ReplayTableTest, ASampleStartsOnceEnoughAreStored) {
  NamedThread appender("appender", [this] { AppendUpTo(6); });
  const auto sample = table_->Sample(Request(6, 1, 0, /*min=*/6), absl::Seconds(30));
  ASSERT_TRUE(sample.ok()) << sample.status();
  EXPECT_EQ(sample->size(), 6u);
}

TEST_F(ReplayTableTest, CloseEndsAWait) {
  NamedThread closer("closer", [this] { table_->Close(); });
  EXPECT_EQ(table_->GetInfo(WaitForNext(1), absl::Seconds(30)).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(table_->Sample(Request(1, 1, 0, 1), absl::Seconds(30)).status().code(),
            absl::StatusCode::kCancelled);
}

TEST_F(ReplayTableTest, SamplesFromDiskStayWholeWhileEpisodesAreEvicted) {
  store_options_.capacity_episodes = 4;
  Reopen(0);
  AppendUpTo(4);
  NamedThread appender("appender", [this] {
    for (uint64_t number = 4; number < 300; ++number) MustAppend(number);
  });
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const auto sample = table_->Sample(Request(2, seed), absl::ZeroDuration());
    if (absl::IsUnavailable(sample.status())) continue;  // evicted faster than read, 16 times running
    ASSERT_TRUE(sample.ok()) << sample.status();
    for (const auto& episode : *sample) {
      ASSERT_EQ(episode->SerializeAsString(), MakeTestEpisode(episode->number()).SerializeAsString());
    }
  }
}

}  // namespace
}  // namespace evenkeel
