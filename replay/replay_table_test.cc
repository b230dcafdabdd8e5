#include "replay/replay_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evenkeel {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

v1::ReplayTable Options(v1::ReplayTable::Selector sampler) {
  v1::ReplayTable options;
  options.set_name("table");
  options.set_sampler(sampler);
  return options;
}

std::unique_ptr<ReplayTable> Make(const v1::ReplayTable& options, uint64_t episodes, uint32_t steps = 10) {
  auto table = ReplayTable::Create(options, 0);
  EXPECT_TRUE(table.ok()) << table.status();
  for (uint64_t number = 0; number < episodes; ++number) (*table)->Insert(number, steps, (*table)->NewRecord(steps));
  return *std::move(table);
}

std::vector<uint64_t> Draw(ReplayTable* table, uint64_t count, uint64_t before = 0, uint64_t seed = 1) {
  ReplayTable::Records changed;
  std::vector<uint64_t> numbers;
  for (const ReplayTable::Drawn& one : table->Draw(count, before, seed, &changed)) numbers.push_back(one.number);
  return numbers;
}

void Prioritise(ReplayTable* table, uint64_t key, double priority) {
  v1::UpdatePrioritiesRequest request;
  request.add_priorities()->set_key(key);
  request.mutable_priorities(0)->set_priority(priority);
  ReplayTable::Records changed;
  EXPECT_EQ(table->UpdatePriorities(request, &changed).value(), 1u);
  EXPECT_EQ(changed.size(), 1u);
}

constexpr uint64_t kNumber = uint64_t{1} << 20;  // one episode further in keys

TEST(ReplayTableTest, NewItemsGetTheHighestPrioritySoFar) {
  const auto table = Make(Options(v1::ReplayTable::MAX_HEAP), 2);
  EXPECT_EQ(table->NewRecord(10).priority(0), 1);
  Prioritise(table.get(), 0, 4);
  Prioritise(table.get(), 0, 0.5);
  EXPECT_EQ(table->NewRecord(10).priority(0), 4) << "though no item has it now";
}

TEST(ReplayTableTest, TheExponentMakesTheWeights) {
  v1::ReplayTable options = Options(v1::ReplayTable::PRIORITISED);
  options.set_priority_exponent(2);
  const auto table = Make(options, 2);
  Prioritise(table.get(), kNumber, 3);
  ReplayTable::Records changed;
  for (const ReplayTable::Drawn& one : table->Draw(2, 0, 1, &changed)) {
    EXPECT_DOUBLE_EQ(one.probability, one.number == 1 ? 0.9 : 0.1);
  }
}

TEST(ReplayTableTest, StretchesAreItemsOfTheirOwn) {
  v1::ReplayTable options = Options(v1::ReplayTable::MAX_HEAP);
  options.set_sequence_steps(4);
  options.set_sequence_overlap(1);
  const auto table = Make(options, 3);
  EXPECT_EQ(table->ItemsBelow(0), 9u);
  EXPECT_EQ(table->ItemsBelow(2), 6u);
  EXPECT_EQ(table->EpisodesBelow(2), 2u);
  Prioritise(table.get(), kNumber + 2, 5);
  ReplayTable::Records changed;
  const auto drawn = table->Draw(1, 0, 1, &changed);
  EXPECT_EQ(drawn[0].number, 1u);
  EXPECT_EQ(drawn[0].stretch.first_step, 6u);
  EXPECT_EQ(drawn[0].stretch.steps, 4u);
}

TEST(ReplayTableTest, RemovingAnEpisodeRemovesAllItsStretches) {
  v1::ReplayTable options = Options(v1::ReplayTable::FIFO);
  options.set_remover(v1::ReplayTable::MIN_HEAP);
  options.set_sequence_steps(5);
  options.set_capacity_episodes(2);
  const auto table = Make(options, 3);
  Prioritise(table.get(), kNumber + 1, 0.5);
  const ReplayTable::Records removed = table->RemoveBeyondCapacity();
  ASSERT_EQ(removed.size(), 1u);
  EXPECT_EQ(removed[0].first, 1u);
  EXPECT_THAT(removed[0].second.gone(), ElementsAre(true, true));
  EXPECT_EQ(table->episodes(), 2u);
  EXPECT_EQ(table->ItemsBelow(0), 4u);
}

TEST(ReplayTableTest, AnItemThatIsDrawnTwiceInOneDrawMayReachItsMaximumThere) {
  v1::ReplayTable options = Options(v1::ReplayTable::PRIORITISED);
  options.set_max_times_sampled(2);
  const auto table = Make(options, 3);
  Prioritise(table.get(), 0, 0);
  Prioritise(table.get(), kNumber, 0);
  EXPECT_THAT(Draw(table.get(), 3), ElementsAre(2, 2, 2));
  EXPECT_EQ(table->episodes(), 2u);
  EXPECT_EQ(table->ItemsBelow(0), 2u);
}

TEST(ReplayTableTest, ARecordBringsItsItemsBackAsTheyWere) {
  v1::ReplayTable options = Options(v1::ReplayTable::MAX_HEAP);
  options.set_max_times_sampled(3);
  options.set_sequence_steps(5);
  const auto table = Make(options, 1);
  Prioritise(table.get(), 1, 8);
  ReplayTable::Records changed;
  for (int draw = 0; draw < 3; ++draw) table->Draw(1, 0, 1, &changed);  // the second stretch leaves
  const auto again = Make(options, 0);
  again->Insert(0, 10, changed.back().second);
  EXPECT_EQ(again->ItemsBelow(0), 1u);
  const auto drawn = again->Draw(1, 0, 1, &changed);
  EXPECT_EQ(drawn[0].stretch.first_step, 0u);
  EXPECT_EQ(drawn[0].priority, 1);
}

TEST(ReplayTableTest, ARecordOfAnotherLengthIsRefused) {
  v1::ReplayTable options = Options(v1::ReplayTable::PRIORITISED);
  options.set_sequence_steps(5);
  const auto table = Make(options, 0);
  EXPECT_TRUE(table->CheckRecord(10, table->NewRecord(10)).ok());
  EXPECT_THAT(std::string(table->CheckRecord(10, table->NewRecord(15)).message()),
              HasSubstr("expected the state of 2 items, found 3"));
}

TEST(ReplayTableTest, OnlyTablesWhoseItemsHaveAStateKeepRecords) {
  EXPECT_FALSE(Make(Options(v1::ReplayTable::UNIFORM), 0)->keeps_records());
  EXPECT_FALSE(Make(Options(v1::ReplayTable::LIFO), 0)->keeps_records());
  EXPECT_TRUE(Make(Options(v1::ReplayTable::PRIORITISED), 0)->keeps_records());
  v1::ReplayTable options = Options(v1::ReplayTable::UNIFORM);
  options.set_remover(v1::ReplayTable::MIN_HEAP);
  EXPECT_TRUE(Make(options, 0)->keeps_records());
}

TEST(ReplayTableTest, OptionsThatCannotWorkAreRefusedWithTheTablesName) {
  v1::ReplayTable slack = Options(v1::ReplayTable::UNIFORM);
  slack.set_samples_per_insert(8);
  slack.set_samples_slack(2);
  v1::ReplayTable overlap = Options(v1::ReplayTable::UNIFORM);
  overlap.set_sequence_steps(4);
  overlap.set_sequence_overlap(4);
  v1::ReplayTable capacity = Options(v1::ReplayTable::UNIFORM);
  capacity.set_capacity_episodes(4);
  capacity.set_min_episodes(5);
  for (const v1::ReplayTable& options : {slack, overlap, capacity}) {
    const absl::Status status = ReplayTable::Create(options, 0).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("table \"table\""));
  }
}

}  // namespace
}  // namespace evenkeel
