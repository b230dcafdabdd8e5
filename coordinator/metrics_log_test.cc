#include "coordinator/metrics_log.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>

#include "common/durable_file.h"

namespace evenkeel {
namespace {

v1::EpisodeSummary Summary(uint64_t number) {
  v1::EpisodeSummary summary;
  summary.set_number(number);
  summary.set_reward_mean(0.25);
  summary.set_jct_p99_s(std::numeric_limits<double>::quiet_NaN());
  summary.set_flows_finished(100 + number);
  return summary;
}

class MetricsLogTest : public ::testing::Test {
 protected:
  MetricsLogTest() : path_(::testing::TempDir() + "/metrics_" + std::to_string(::getpid()) + ".jsonl") {
    ::unlink(path_.c_str());
  }
  ~MetricsLogTest() override { ::unlink(path_.c_str()); }

  void WriteEpisodes(uint64_t first, uint64_t count) {
    auto log = MetricsLog::Open(path_, first);
    ASSERT_TRUE(log.ok()) << log.status();
    for (uint64_t number = first; number < first + count; ++number)
      ASSERT_TRUE((*log)->Append(Summary(number)).ok());
  }

  std::string Expected(uint64_t count) {
    std::string lines;
    for (uint64_t number = 0; number < count; ++number) lines += ToJson(Summary(number)) + "\n";
    return lines;
  }

  const std::string path_;
};

TEST_F(MetricsLogTest, ALineIsJsonWithNullForNaN) {
  const nlohmann::json line = nlohmann::json::parse(ToJson(Summary(7)));
  EXPECT_EQ(line["episode"], 7);
  EXPECT_EQ(line["reward_mean"], 0.25);
  EXPECT_TRUE(line["jct_p99_s"].is_null());
  EXPECT_EQ(line["flows_finished"], 107);
}

TEST_F(MetricsLogTest, WritesOneLinePerEpisode) {
  WriteEpisodes(0, 3);
  EXPECT_EQ(*ReadFile(path_), Expected(3));
}

TEST_F(MetricsLogTest, AResumedRunDoesNotDoubleTheLinesItWritesAgain) {
  WriteEpisodes(0, 6);
  WriteEpisodes(4, 3);
  EXPECT_EQ(*ReadFile(path_), Expected(7));
}

TEST_F(MetricsLogTest, ALineThatWasCutShortIsRemoved) {
  WriteEpisodes(0, 2);
  std::ofstream(path_, std::ios::app) << "{\"episode\":2,\"policy_ver";
  WriteEpisodes(2, 1);
  EXPECT_EQ(*ReadFile(path_), Expected(3));
}

TEST_F(MetricsLogTest, AFolderThatIsNotThereIsNamed) {
  const auto log = MetricsLog::Open("/nonexistent/metrics.jsonl", 0);
  EXPECT_NE(std::string(log.status().message()).find("/nonexistent/metrics.jsonl"), std::string::npos);
}

// A limit on the file's size stands for the full disk: both make write() come back short, then fail.
TEST_F(MetricsLogTest, AFullDiskIsSaidAndLeavesNoHalfALine) {
  WriteEpisodes(0, 1);
  auto log = MetricsLog::Open(path_, 1);
  ASSERT_TRUE(log.ok()) << log.status();
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit full = {Expected(1).size() + 10, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  const absl::Status status = (*log)->Append(Summary(1));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);

  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_NE(std::string(status.message()).find(path_), std::string::npos);
  EXPECT_EQ(*ReadFile(path_), Expected(1));
}

TEST_F(MetricsLogTest, TellsTheEpisodeToGoOnWithByItsWholeLines) {
  const std::string path = ::testing::TempDir() + "/next_episode.jsonl";
  EXPECT_EQ(MetricsLog::NextEpisode(::testing::TempDir() + "/no_such.jsonl").value(), 0u);
  ASSERT_TRUE(WriteFileDurably(path, "{\"episode\":0}\n{\"episode\":1}\n{\"episode\":2}\n{\"epis").ok());
  EXPECT_EQ(MetricsLog::NextEpisode(path).value(), 3u);
  ASSERT_TRUE(WriteFileDurably(path, "{\"episode\":0}\n{\"episode\":2}\n").ok());
  EXPECT_EQ(MetricsLog::NextEpisode(path).value(), 1u);
}

}  // namespace
}  // namespace evenkeel
