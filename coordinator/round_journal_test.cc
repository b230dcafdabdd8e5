#include "coordinator/round_journal.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "common/durable_file.h"

namespace evenkeel {
namespace {

v1::StepTaken StepOf(uint32_t agent) {
  v1::StepTaken step;
  v1::AgentTaken* taken = step.add_agents();
  taken->set_agent(agent);
  taken->add_actions()->mutable_controls()->add_servers()->set_weight(1.5f);
  return step;
}

class RoundJournalTest : public ::testing::Test {
 protected:
  std::unique_ptr<RoundJournal> Open() { return RoundJournal::Open(path_).value(); }

  // Of three steps.
  std::string Whole() {
    const std::unique_ptr<RoundJournal> journal = Open();
    EXPECT_TRUE(journal->BeginRound(7, absl::FromUnixNanos(12345), 9).ok());
    for (uint32_t agent : {0u, 1u, 2u}) EXPECT_TRUE(journal->Append(StepOf(agent)).ok());
    return ReadFile(path_).value();
  }

  const std::string path_ = ::testing::TempDir() + "/" +
                            ::testing::UnitTest::GetInstance()->current_test_info()->name() + ".journal";
};

TEST_F(RoundJournalTest, FindsWhatWasAppended) {
  EXPECT_EQ(Open()->found().began_unix_ns(), 0);
  Whole();
  const std::unique_ptr<RoundJournal> journal = Open();
  EXPECT_EQ(journal->found().round(), 7u);
  EXPECT_EQ(journal->found().began_unix_ns(), 12345);
  EXPECT_EQ(journal->found().policy_version(), 9u);
  ASSERT_EQ(journal->found().steps_size(), 3);
  for (int step = 0; step < 3; ++step) {
    EXPECT_EQ(journal->found().steps(step).SerializeAsString(), StepOf(step).SerializeAsString());
  }
}

// Written down once: a coordinator of a newer build must read what one of this build left.
TEST_F(RoundJournalTest, TheBytesAreAsEver) {
  v1::StepTaken step;
  step.add_agents()->set_agent(1);
  const std::unique_ptr<RoundJournal> journal = Open();
  ASSERT_TRUE(journal->BeginRound(7, absl::FromUnixNanos(12345), 9).ok());
  ASSERT_TRUE(journal->Append(step).ok());
  EXPECT_EQ(absl::BytesToHexString(*ReadFile(path_)),
            "07000000af3dda47080710b9601809"
            "06000000a526248022040a020801");
}

TEST_F(RoundJournalTest, ARoundThatBeginsForgetsTheOneBefore) {
  Whole();
  ASSERT_TRUE(Open()->BeginRound(8, absl::FromUnixNanos(1), 0).ok());
  EXPECT_EQ(Open()->found().round(), 8u);
  EXPECT_EQ(Open()->found().steps_size(), 0);
  ASSERT_TRUE(Open()->Clear().ok());
  EXPECT_EQ(Open()->found().began_unix_ns(), 0);
}

TEST_F(RoundJournalTest, CutAnywhereItKeepsTheWholePiecesAndGoesOnBehindThem) {
  const std::string whole = Whole();
  int most = 0;
  for (size_t size = 0; size <= whole.size(); ++size) {
    ASSERT_TRUE(WriteFileDurably(path_, whole.substr(0, size)).ok());
    const int steps = Open()->found().steps_size();
    EXPECT_GE(steps, most);
    most = steps;
    ASSERT_TRUE(Open()->Append(StepOf(5)).ok());
    const v1::RoundJournal found = Open()->found();
    ASSERT_EQ(found.steps_size(), steps + 1) << size;
    EXPECT_EQ(found.steps(steps).agents(0).agent(), 5u);
  }
  EXPECT_EQ(most, 3);
}

TEST_F(RoundJournalTest, ADamagedPieceEndsIt) {
  std::string bytes = Whole();
  const size_t last = bytes.size() - 1;
  bytes[last] = static_cast<char>(bytes[last] ^ 1);
  const auto [found, size] = ParseRoundJournal(bytes);
  EXPECT_EQ(found.steps_size(), 2);
  EXPECT_LT(size, bytes.size());
}

TEST_F(RoundJournalTest, AFolderThatIsNotThereIsNamed) {
  const auto journal = RoundJournal::Open("/nonexistent/round.journal");
  EXPECT_NE(std::string(journal.status().message()).find("/nonexistent/round.journal"), std::string::npos);
}

}  // namespace
}  // namespace evenkeel
