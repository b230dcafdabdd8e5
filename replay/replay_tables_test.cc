#include "replay/replay_tables.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "common/named_thread.h"
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

class ReplayTablesTest : public testing::Test {
 protected:
  ReplayTablesTest() {
    store_options_.path =
        testing::TempDir() + "/" + testing::UnitTest::GetInstance()->current_test_info()->name();
    store_options_.run_id = "run-a";
    std::filesystem::remove_all(store_options_.path);
    Reopen(kAllInRam);
  }

  void Reopen(uint64_t ram_tier_bytes) {
    tables_.reset();
    store_options_.tables = TableNames(replay_);
    auto store = ExperienceStore::Open(store_options_);
    ASSERT_TRUE(store.ok()) << store.status();
    replay_.set_ram_tier_bytes(ram_tier_bytes);
    auto tables = ReplayTables::Create(*std::move(store), replay_);
    ASSERT_TRUE(tables.ok()) << tables.status();
    tables_ = *std::move(tables);
  }

  // A further table; the store is opened again with it.
  v1::ReplayTable* AddTable(const std::string& name) {
    if (replay_.tables().empty()) replay_.add_tables()->set_name("experience");
    v1::ReplayTable* table = replay_.add_tables();
    table->set_name(name);
    return table;
  }

  absl::StatusOr<v1::AppendReply> Append(v1::Episode episode) {
    return tables_->Append(std::make_shared<const v1::Episode>(std::move(episode)), absl::ZeroDuration());
  }

  void MustAppend(uint64_t number) {
    const auto reply = Append(MakeTestEpisode(number));
    ASSERT_TRUE(reply.ok()) << reply.status();
  }

  void AppendUpTo(uint64_t end) {
    for (uint64_t number = 0; number < end; ++number) MustAppend(number);
  }

  // The numbers drawn; each episode must be what was appended.
  std::vector<uint64_t> MustSample(const v1::SampleRequest& request) {
    const auto sample = tables_->Sample(request, absl::ZeroDuration());
    EXPECT_TRUE(sample.ok()) << sample.status();
    std::vector<uint64_t> numbers;
    if (!sample.ok()) return numbers;
    for (const SampledEpisode& one : *sample) {
      EXPECT_EQ(one.episode->SerializeAsString(), MakeTestEpisode(one.episode->number()).SerializeAsString());
      numbers.push_back(one.episode->number());
    }
    return numbers;
  }

  std::vector<uint64_t> MustSampleFrom(const std::string& table, uint32_t episodes, uint64_t seed = 1,
                                       uint64_t before = 0) {
    v1::SampleRequest request = Request(episodes, seed, before);
    request.set_table(table);
    return MustSample(request);
  }

  // Sets the priority of the only item of each episode.
  void MustPrioritise(const std::string& table, const std::map<uint64_t, double>& priorities) {
    v1::UpdatePrioritiesRequest request;
    request.set_table(table);
    for (const auto& [number, priority] : priorities) {
      v1::ItemPriority* one = request.add_priorities();
      one->set_key(number << 20);
      one->set_priority(priority);
    }
    const auto reply = tables_->UpdatePriorities(request);
    ASSERT_TRUE(reply.ok()) << reply.status();
    ASSERT_EQ(reply->updated(), priorities.size());
  }

  v1::ReplayInfo MustGetInfo() { return *tables_->GetInfo({}, absl::ZeroDuration()); }

  ExperienceStoreOptions store_options_;
  v1::ReplayOptions replay_;
  std::unique_ptr<ReplayTables> tables_;
};

TEST_F(ReplayTablesTest, ASampleHoldsDifferentStoredEpisodes) {
  AppendUpTo(20);
  const std::vector<uint64_t> numbers = MustSample(Request(12, 1));
  EXPECT_EQ(std::set<uint64_t>(numbers.begin(), numbers.end()).size(), 12u);
  EXPECT_THAT(numbers, Each(Lt(20u)));
}

TEST_F(ReplayTablesTest, TheSameSeedDrawsTheSameWhateverIsInRam) {
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

TEST_F(ReplayTablesTest, TheOrderOfArrivalDoesNotChangeADraw) {
  AppendUpTo(8);
  const std::vector<uint64_t> in_order = MustSample(Request(4, 5));
  tables_.reset();
  std::filesystem::remove_all(store_options_.path);
  Reopen(kAllInRam);
  for (uint64_t number : {3, 1, 0, 2, 7, 6, 5, 4}) MustAppend(number);
  EXPECT_EQ(MustSample(Request(4, 5)), in_order);
}

TEST_F(ReplayTablesTest, BeforeEpisodeBoundsTheDrawAndMakesItRepeatable) {
  AppendUpTo(10);
  const std::vector<uint64_t> then = MustSample(Request(6, 3));
  for (uint64_t number = 10; number < 30; ++number) MustAppend(number);
  EXPECT_EQ(MustSample(Request(6, 3, /*before=*/10)), then);
}

TEST_F(ReplayTablesTest, TheRamTierKeepsTheNewest) {
  Reopen(3 * MakeTestEpisode(0).SpaceUsedLong());
  AppendUpTo(10);
  EXPECT_EQ(MustGetInfo().ram_bytes(), 3 * MakeTestEpisode(0).SpaceUsedLong());
  const auto from_ram = tables_->Sample(Request(10, 1), absl::ZeroDuration());
  const auto again = tables_->Sample(Request(10, 1), absl::ZeroDuration());
  for (size_t i = 0; i < from_ram->size(); ++i) {
    const bool shared = (*from_ram)[i].episode == (*again)[i].episode;
    EXPECT_EQ(shared, (*from_ram)[i].episode->number() >= 7) << (*from_ram)[i].episode->number();
  }
}

TEST_F(ReplayTablesTest, InfoTellsWhatIsStored) {
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

TEST_F(ReplayTablesTest, AnEvictedEpisodeIsNeverDrawn) {
  store_options_.capacity_episodes = 4;
  Reopen(0);
  AppendUpTo(9);
  std::vector<uint64_t> numbers = MustSample(Request(4, 1));
  EXPECT_THAT(numbers, testing::UnorderedElementsAre(5, 6, 7, 8));
}

TEST_F(ReplayTablesTest, ASecondAppendOfANumberIsAcknowledgedAsPresent) {
  AppendUpTo(2);
  const auto reply = Append(MakeTestEpisode(1));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_TRUE(reply->was_present());
  EXPECT_EQ(reply->episodes(), 2u);
}

TEST_F(ReplayTablesTest, AnEpisodeThatDoesNotFitItsSizesIsRefusedAndNotStored) {
  v1::Episode episode = MakeTestEpisode(0);
  episode.mutable_rewards()->pop_back();
  const absl::Status status = Append(episode).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("rewards"));
  EXPECT_EQ(MustGetInfo().episodes(), 0u);
}

TEST_F(ReplayTablesTest, AWaitForEpisodesThatTimesOutTellsTheNumbers) {
  AppendUpTo(3);
  const absl::Status status = tables_->Sample(Request(2, 1, 0, /*min=*/5), absl::Milliseconds(1)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("waited for 5 episodes, there are 3"));
}

TEST_F(ReplayTablesTest, ADrawOfMoreThanThereAreTellsTheNumbers) {
  AppendUpTo(9);
  const absl::Status status = tables_->Sample(Request(7, 1, /*before=*/4), absl::ZeroDuration()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("draw 7 episodes below number 4, there are 4"));
}

TEST_F(ReplayTablesTest, ADrawOfNothingIsRefused) {
  EXPECT_EQ(tables_->Sample(Request(0, 1), absl::ZeroDuration()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ReplayTablesTest, AWaitForTheNextEpisodeThatTimesOutTellsTheNumbers) {
  AppendUpTo(3);
  const absl::Status status = tables_->GetInfo(WaitForNext(4), absl::Milliseconds(1)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("waited for next_episode 4, it is 3"));
}

TEST_F(ReplayTablesTest, AWaitEndsWhenTheGapIsFilled) {
  MustAppend(1);
  NamedThread appender("appender", [this] { MustAppend(0); });
  const auto info = tables_->GetInfo(WaitForNext(2), absl::Seconds(30));
  ASSERT_TRUE(info.ok()) << info.status();
  EXPECT_EQ(info->next_episode(), 2u);
}

TEST_F(ReplayTablesTest, ASampleStartsOnceEnoughAreStored) {
  NamedThread appender("appender", [this] { AppendUpTo(6); });
  const auto sample = tables_->Sample(Request(6, 1, 0, /*min=*/6), absl::Seconds(30));
  ASSERT_TRUE(sample.ok()) << sample.status();
  EXPECT_EQ(sample->size(), 6u);
}

TEST_F(ReplayTablesTest, CloseEndsAWait) {
  NamedThread closer("closer", [this] { tables_->Close(); });
  EXPECT_EQ(tables_->GetInfo(WaitForNext(1), absl::Seconds(30)).status().code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(tables_->Sample(Request(1, 1, 0, 1), absl::Seconds(30)).status().code(),
            absl::StatusCode::kCancelled);
}

TEST_F(ReplayTablesTest, SamplesFromDiskStayWholeWhileEpisodesAreEvicted) {
  store_options_.capacity_episodes = 4;
  Reopen(0);
  AppendUpTo(4);
  NamedThread appender("appender", [this] {
    for (uint64_t number = 4; number < 300; ++number) MustAppend(number);
  });
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const auto sample = tables_->Sample(Request(2, seed), absl::ZeroDuration());
    if (absl::IsUnavailable(sample.status())) continue;  // evicted faster than read, 16 times running
    ASSERT_TRUE(sample.ok()) << sample.status();
    for (const auto& [item, episode] : *sample) {
      ASSERT_EQ(episode->SerializeAsString(), MakeTestEpisode(episode->number()).SerializeAsString());
    }
  }
}

// What the code before there were tables drew for this seed and content. A change here changes every training run.
TEST_F(ReplayTablesTest, TheDefaultTableDrawsWhatItAlwaysDrew) {
  AppendUpTo(100);
  EXPECT_EQ(MustSample(Request(6, 2024)), (std::vector<uint64_t>{25, 59, 26, 71, 80, 51}));
  EXPECT_EQ(MustSample(Request(6, 2024, /*before=*/40)), (std::vector<uint64_t>{10, 24, 11, 29, 32, 22}));
}

TEST_F(ReplayTablesTest, AnUnknownTableIsNotFoundAndThoseThereAreAreListed) {
  AddTable("per");
  Reopen(kAllInRam);
  AppendUpTo(1);
  v1::SampleRequest request = Request(1, 1);
  request.set_table("pre");
  const absl::Status status = tables_->Sample(request, absl::ZeroDuration()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"pre\"; there are: experience, per"));
  v1::UpdatePrioritiesRequest update;
  update.set_table("pre");
  EXPECT_EQ(tables_->UpdatePriorities(update).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(ReplayTablesTest, AnAppendEntersEveryTable) {
  AddTable("newest")->set_sampler(v1::ReplayTable::LIFO);
  AddTable("oldest")->set_sampler(v1::ReplayTable::FIFO);
  Reopen(kAllInRam);
  AppendUpTo(5);
  EXPECT_EQ(MustSampleFrom("newest", 2), (std::vector<uint64_t>{4, 3}));
  EXPECT_EQ(MustSampleFrom("oldest", 2), (std::vector<uint64_t>{0, 1}));
  EXPECT_EQ(MustSampleFrom("newest", 2, 1, /*before=*/3), (std::vector<uint64_t>{2, 1}));
}

TEST_F(ReplayTablesTest, ATableWithASmallerCapacityKeepsWhatItsRemoverLeaves) {
  v1::ReplayTable* table = AddTable("best");
  table->set_sampler(v1::ReplayTable::MAX_HEAP);
  table->set_remover(v1::ReplayTable::MIN_HEAP);
  table->set_capacity_episodes(3);
  Reopen(kAllInRam);
  AppendUpTo(3);
  MustPrioritise("best", {{0, 5}, {1, 2}, {2, 9}});
  MustAppend(3);  // comes in with 9
  EXPECT_EQ(MustSampleFrom("best", 3), (std::vector<uint64_t>{2, 3, 0}));
  Reopen(kAllInRam);
  EXPECT_EQ(MustSampleFrom("best", 3), (std::vector<uint64_t>{2, 3, 0}));
  EXPECT_EQ(MustSampleFrom("experience", 4).size(), 4u) << "another table removes for itself only";
}

TEST_F(ReplayTablesTest, AfterARestartPrioritiesAreWhatWasAcknowledged) {
  AddTable("per")->set_sampler(v1::ReplayTable::PRIORITISED);
  Reopen(kAllInRam);
  AppendUpTo(4);
  MustPrioritise("per", {{1, 0}, {2, 7}});
  MustAppend(4);
  MustPrioritise("per", {{0, 0}, {2, 0}});
  const auto priorities = [this] {
    std::map<uint64_t, double> found;
    for (uint64_t seed = 0; seed < 40; ++seed) {
      v1::SampleRequest request = Request(3, seed);
      request.set_table("per");
      const auto sample = tables_->Sample(request, absl::ZeroDuration());
      EXPECT_TRUE(sample.ok()) << sample.status();
      for (const auto& [item, episode] : *sample) found[episode->number()] = item.priority();
    }
    return found;
  };
  const std::map<uint64_t, double> before = {{3, 1}, {4, 7}};  // the others weigh nothing
  EXPECT_EQ(priorities(), before);
  const std::vector<uint64_t> drawn = MustSampleFrom("per", 5, 77);
  Reopen(0);
  EXPECT_EQ(priorities(), before);
  EXPECT_EQ(MustSampleFrom("per", 5, 77), drawn) << "bit for bit the same draw";
  MustAppend(5);
  EXPECT_EQ(priorities().at(5), 7) << "the highest so far outlives the restart too";
}

TEST_F(ReplayTablesTest, AnItemTellsItsChanceTheTablesSizeAndItsKey) {
  AddTable("per")->set_sampler(v1::ReplayTable::PRIORITISED);
  Reopen(kAllInRam);
  AppendUpTo(4);
  MustPrioritise("per", {{0, 0}, {1, 0}, {2, 0}, {3, 2}});
  v1::SampleRequest request = Request(1, 1);
  request.set_table("per");
  const auto sample = tables_->Sample(request, absl::ZeroDuration());
  ASSERT_TRUE(sample.ok()) << sample.status();
  EXPECT_EQ((*sample)[0].item.probability(), 1.0);
  EXPECT_EQ((*sample)[0].item.table_items(), 4u);
  EXPECT_EQ((*sample)[0].item.key(), uint64_t{3} << 20);
  EXPECT_EQ((*sample)[0].item.times_sampled(), 1u);
}

TEST_F(ReplayTablesTest, AnItemLeavesAfterItsLastDrawAlsoOverARestart) {
  v1::ReplayTable* table = AddTable("twice");
  table->set_sampler(v1::ReplayTable::FIFO);
  table->set_max_times_sampled(2);
  Reopen(kAllInRam);
  AppendUpTo(3);
  EXPECT_EQ(MustSampleFrom("twice", 2), (std::vector<uint64_t>{0, 1}));
  Reopen(kAllInRam);
  EXPECT_EQ(MustSampleFrom("twice", 1), (std::vector<uint64_t>{0}));
  Reopen(kAllInRam);
  EXPECT_EQ(MustSampleFrom("twice", 2), (std::vector<uint64_t>{1, 2}));
  EXPECT_EQ(MustSampleFrom("twice", 1), (std::vector<uint64_t>{2}));
  v1::SampleRequest request = Request(1, 1);
  request.set_table("twice");
  EXPECT_EQ(tables_->Sample(request, absl::ZeroDuration()).status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(ReplayTablesTest, SequencesAreSlicesWithTheStepsBeforeThem) {
  v1::ReplayTable* table = AddTable("stretches");
  table->set_sampler(v1::ReplayTable::FIFO);
  table->set_sequence_steps(4);
  table->set_sequence_overlap(2);
  Reopen(kAllInRam);
  const v1::Episode episode = MakeTestEpisode(0, {8, 2, 3, 6});
  ASSERT_TRUE(Append(episode).ok());
  for (uint64_t ram : {kAllInRam, uint64_t{0}}) {
    v1::SampleRequest request = Request(3, 1);
    request.set_table("stretches");
    const auto sample = tables_->Sample(request, absl::ZeroDuration());
    ASSERT_TRUE(sample.ok()) << sample.status();
    for (uint32_t i = 0; i < 3; ++i) {
      EXPECT_EQ((*sample)[i].item.first_step(), 2 * i);
      EXPECT_EQ((*sample)[i].episode->SerializeAsString(), Slice(episode, {2 * i, 4}).SerializeAsString());
    }
    Reopen(ram);
  }
}

TEST_F(ReplayTablesTest, TheRateLimiterHoldsDrawsBackUntilEpisodesCome) {
  v1::ReplayTable* table = AddTable("limited");
  table->set_min_episodes(2);
  table->set_samples_per_insert(1);
  table->set_samples_slack(2);
  Reopen(kAllInRam);
  AppendUpTo(1);
  v1::SampleRequest request = Request(1, 1);
  request.set_table("limited");
  const absl::Status status = tables_->Sample(request, absl::Milliseconds(1)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("table limited: rate limiter: 1 episodes (min_episodes 2)"));
  NamedThread appender("appender", [this] { MustAppend(1); });
  EXPECT_TRUE(tables_->Sample(request, absl::Seconds(30)).ok());
}

TEST_F(ReplayTablesTest, TheRateLimiterHoldsInsertsBackUntilDrawsCome) {
  v1::ReplayTable* table = AddTable("limited");
  table->set_samples_per_insert(1);
  table->set_samples_slack(3);
  Reopen(kAllInRam);
  AppendUpTo(3);
  const absl::Status status = Append(MakeTestEpisode(3)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("episode 3 waited for draws from table limited"));
  EXPECT_EQ(MustGetInfo().episodes(), 3u) << "it was not stored";
  EXPECT_TRUE(Append(MakeTestEpisode(2))->was_present()) << "a repeated append is not held back";
  NamedThread drawer("drawer", [this] { MustSampleFrom("limited", 1); });
  const auto reply = tables_->Append(std::make_shared<const v1::Episode>(MakeTestEpisode(3)), absl::Seconds(30));
  EXPECT_TRUE(reply.ok()) << reply.status();
}

// The deficit of 3 draws, for which the insert waited, is not owed after a restart.
TEST_F(ReplayTablesTest, ARestoredRateLimiterHoldsNothingBackThatAFreshOneWouldNot) {
  v1::ReplayTable* table = AddTable("limited");
  table->set_samples_per_insert(1);
  table->set_samples_slack(3);
  Reopen(kAllInRam);
  AppendUpTo(3);
  EXPECT_FALSE(Append(MakeTestEpisode(3)).ok());
  Reopen(kAllInRam);
  MustAppend(3);
  for (int draw = 0; draw < 7; ++draw) MustSampleFrom("limited", 1);  // 4 episodes and 3 of slack: as in a fresh one
  Reopen(kAllInRam);
  for (int draw = 0; draw < 7; ++draw) MustSampleFrom("limited", 1);
}

TEST_F(ReplayTablesTest, AnEvictedEpisodeLeavesEveryTable) {
  AddTable("per")->set_sampler(v1::ReplayTable::PRIORITISED);
  store_options_.capacity_episodes = 2;
  Reopen(kAllInRam);
  AppendUpTo(5);
  EXPECT_THAT(MustSampleFrom("per", 2), Each(testing::Ge(3u)));
  v1::UpdatePrioritiesRequest request;
  request.set_table("per");
  request.add_priorities()->set_key(uint64_t{1} << 20);
  EXPECT_EQ(tables_->UpdatePriorities(request)->updated(), 0u);
}

TEST_F(ReplayTablesTest, APriorityThatIsNoneIsRefusedAndNoneIsSet) {
  AddTable("best")->set_sampler(v1::ReplayTable::MAX_HEAP);
  Reopen(kAllInRam);
  AppendUpTo(2);
  for (double bad : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    v1::UpdatePrioritiesRequest request;
    request.set_table("best");
    for (const auto& [number, priority] : std::map<uint64_t, double>{{1, 50}, {0, bad}}) {
      request.add_priorities()->set_key(number << 20);
      request.mutable_priorities(request.priorities_size() - 1)->set_priority(priority);
    }
    EXPECT_EQ(tables_->UpdatePriorities(request).status().code(), absl::StatusCode::kInvalidArgument) << bad;
  }
  EXPECT_EQ(MustSampleFrom("best", 2), (std::vector<uint64_t>{0, 1})) << "equal still, so the oldest first";
}

// Draws from every kind of sampler and updates of priorities go on while episodes come and go.
TEST_F(ReplayTablesTest, ManyCallersAtOnceSeeOnlyWholeEpisodesBelowTheirBound) {
  for (int kind = v1::ReplayTable::UNIFORM; kind <= v1::ReplayTable::MIN_HEAP; ++kind) {
    v1::ReplayTable* table = AddTable(absl::StrCat("table", kind));
    table->set_sampler(static_cast<v1::ReplayTable::Selector>(kind));
    if (kind == v1::ReplayTable::FIFO) table->set_max_times_sampled(1000);
    if (kind == v1::ReplayTable::LIFO) table->set_capacity_episodes(10);
  }
  store_options_.capacity_episodes = 20;
  Reopen(5 * MakeTestEpisode(0).SpaceUsedLong());
  AppendUpTo(20);
  std::vector<std::unique_ptr<NamedThread>> callers;
  for (uint64_t writer = 0; writer < 2; ++writer) {
    callers.push_back(std::make_unique<NamedThread>("appender", [this, writer] {
      for (uint64_t number = 20 + writer; number < 220; number += 2) {
        absl::Status status;
        while (absl::IsOutOfRange(status = Append(MakeTestEpisode(number)).status())) {
        }
        ASSERT_TRUE(status.ok()) << status;
      }
    }));
  }
  for (int kind = v1::ReplayTable::UNIFORM; kind <= v1::ReplayTable::MIN_HEAP; ++kind) {
    callers.push_back(std::make_unique<NamedThread>("drawer", [this, kind] {
      for (uint64_t seed = 0; seed < 100; ++seed) {
        v1::SampleRequest request = Request(3, seed);
        request.set_table(absl::StrCat("table", kind));
        const auto sample = tables_->Sample(request, absl::Seconds(30));
        if (absl::IsUnavailable(sample.status())) continue;  // evicted faster than read, 16 times running
        ASSERT_TRUE(sample.ok()) << sample.status();
        v1::UpdatePrioritiesRequest update;
        update.set_table(request.table());
        for (const auto& [item, episode] : *sample) {
          ASSERT_EQ(episode->SerializeAsString(), MakeTestEpisode(episode->number()).SerializeAsString());
          v1::ItemPriority* one = update.add_priorities();
          one->set_key(item.key());
          one->set_priority(static_cast<double>(seed % 7));
        }
        ASSERT_TRUE(tables_->UpdatePriorities(update).ok());
      }
    }));
  }
  callers.clear();
  EXPECT_EQ(MustGetInfo().next_episode(), 220u);
  EXPECT_EQ(MustGetInfo().episodes(), 20u);
  Reopen(kAllInRam);
  EXPECT_EQ(MustSampleFrom("table1", 20).size(), 20u);
}

}  // namespace
}  // namespace evenkeel
