#include "learner/learner_log.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/durable_file.h"
#include "gtest/gtest.h"

namespace evenkeel {
namespace {

class LearnerLogTest : public testing::Test {
 protected:
  LearnerLogTest() : path_(absl::StrCat(testing::TempDir(), "/learner.jsonl")) {
    std::filesystem::remove(path_);
  }

  LearnerRound Round(uint64_t episodes, uint64_t updates) const {
    LearnerRound round;
    round.episodes = episodes;
    round.updates = updates;
    round.loss = 0.5;
    round.q_mean = -1.25;
    round.gradient_norm = 3;
    round.update_ms = 140.5;
    round.wait_ms = 12;
    round.importance_weight_min = 0.25;
    return round;
  }

  const std::string path_;
};

// The names and their order are frozen: what reads the log relies on them.
TEST_F(LearnerLogTest, WritesTheGoldenLine) {
  absl::StatusOr<LearnerLog> log = LearnerLog::Open(path_, 0);
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_TRUE(log->Append(Round(28, 100)).ok());
  EXPECT_EQ(ReadFile(path_).value(),
            "{\"episodes\":28,\"updates\":100,\"loss\":0.5,\"q_mean\":-1.25,\"gradient_norm\":3.0,"
            "\"update_ms\":140.5,\"wait_ms\":12.0,\"importance_weight_min\":0.25}\n");
}

TEST_F(LearnerLogTest, WritesWhatIsNotFiniteAsNull) {
  absl::StatusOr<LearnerLog> log = LearnerLog::Open(path_, 0);
  ASSERT_TRUE(log.ok()) << log.status();
  LearnerRound round = Round(28, 100);
  round.q_mean = std::nan("");
  ASSERT_TRUE(log->Append(round).ok());
  EXPECT_NE(ReadFile(path_).value().find("\"q_mean\":null"), std::string::npos);
}

TEST_F(LearnerLogTest, DropsRoundsThatWillBeDoneAgainAndATornLine) {
  absl::StatusOr<LearnerLog> log = LearnerLog::Open(path_, 0);
  ASSERT_TRUE(log.ok()) << log.status();
  ASSERT_TRUE(log->Append(Round(28, 100)).ok());
  const std::string first = ReadFile(path_).value();
  ASSERT_TRUE(log->Append(Round(32, 200)).ok());
  std::ofstream(path_, std::ios::app) << "{\"episodes\":36,\"upda";
  ASSERT_TRUE(LearnerLog::Open(path_, 150).ok());
  EXPECT_EQ(ReadFile(path_).value(), first);
}

TEST_F(LearnerLogTest, AFolderThatIsNotThereIsNamed) {
  const absl::Status status = LearnerLog::Open("/nowhere/learner.jsonl", 0).status();
  EXPECT_FALSE(status.ok());
  EXPECT_NE(status.message().find("/nowhere/learner.jsonl"), std::string::npos) << status;
}

}  // namespace
}  // namespace evenkeel
