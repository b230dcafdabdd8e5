#include "experiments/progress_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "common/durable_file.h"

namespace evenkeel {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;

class ProgressViewTest : public testing::Test {
 protected:
  ProgressViewTest()
      : folder_(testing::TempDir() + testing::UnitTest::GetInstance()->current_test_info()->name()),
        clock_(absl::UnixEpoch()) {
    EXPECT_TRUE(MakeFolders(folder_).ok());
    for (const char* name : {"/metrics.jsonl", "/learner.jsonl"})
      std::ofstream(folder_ + name, std::ios::trunc);
  }

  void Append(const std::string& name, const std::string& text) {
    std::ofstream(folder_ + "/" + name, std::ios::app) << text;
  }

  ProgressView View(bool terminal) {
    ProgressViewOptions options;
    options.run_folder = folder_;
    options.episodes = 10;
    options.updates = 20;
    options.terminal = terminal;
    return ProgressView(options, &out_, &clock_);
  }

  const std::string folder_;
  ManualClock clock_;
  std::ostringstream out_;
};

TEST_F(ProgressViewTest, APipeGetsOneLinePerEpisode) {
  ProgressView view = View(false);
  clock_.Advance(absl::Seconds(20));
  Append("learner.jsonl", "{\"updates\": 4, \"loss\": 0.083}\n");
  Append("metrics.jsonl",
         "{\"episode\": 0, \"reward_mean\": 0.61, \"jct_mean_s\": 0.041, \"jct_p90_s\": 0.118, "
         "\"jct_p99_s\": 0.402, "
         "\"flows_rejected\": 3, \"policy_version\": 2}\n");
  view.Update();
  view.Update();
  EXPECT_EQ(out_.str(),
            "ep 1/10  reward 0.61  jct mean 41 p90 118 p99 402 ms  rejected 3  policy v2  loss 0.083  "
            "updates 4/20  ETA "
            "3m00s\n");
}

TEST_F(ProgressViewTest, ALineIsShownOnceItIsWhole) {
  ProgressView view = View(false);
  Append("metrics.jsonl", "{\"episode\": 0, ");
  view.Update();
  EXPECT_EQ(out_.str(), "");
  Append("metrics.jsonl", "\"reward_mean\": 1}\n");
  view.Update();
  EXPECT_THAT(out_.str(), HasSubstr("ep 1/10  reward 1"));
}

TEST_F(ProgressViewTest, WhatIsUnknownIsADash) {
  ProgressView view = View(false);
  Append("metrics.jsonl", "{\"episode\": 0, \"jct_mean_s\": null}\n");
  view.Update();
  EXPECT_THAT(out_.str(), HasSubstr("jct mean - p90 - p99 - ms"));
}

TEST_F(ProgressViewTest, EpisodesOfAnEarlierAttemptAreNotShownAgain) {
  Append("metrics.jsonl", "{\"episode\": 0}\n{\"episode\": 1}\n");
  ProgressView view = View(false);
  Append("metrics.jsonl", "{\"episode\": 2}\n");
  view.Update();
  EXPECT_EQ(view.episodes_done(), 3u);
  EXPECT_THAT(out_.str(), HasSubstr("ep 3/10"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("ep 1/10")));
}

TEST_F(ProgressViewTest, ADamagedLineIsSkipped) {
  ProgressView view = View(false);
  Append("metrics.jsonl", "nonsense\n[1]\n{\"episode\": 0}\n");
  view.Update();
  EXPECT_EQ(view.episodes_done(), 1u);
}

TEST_F(ProgressViewTest, AFileThatWasCutIsReadAnew) {
  Append("metrics.jsonl", "{\"episode\": 0}\n{\"episode\": 1}\n");
  ProgressView view = View(false);
  std::ofstream(folder_ + "/metrics.jsonl", std::ios::trunc) << "{\"episode\": 0}\n";
  view.Update();
  Append("metrics.jsonl", "{\"episode\": 1}\n{\"episode\": 2}\n");
  view.Update();
  EXPECT_EQ(view.episodes_done(), 3u);
}

TEST_F(ProgressViewTest, ATerminalGetsOneBarThatIsRedrawnAndCleared) {
  ProgressView view = View(true);
  Append("metrics.jsonl", "{\"episode\": 4}\n");
  view.Update();
  EXPECT_THAT(out_.str(), HasSubstr("\r\033[K[############............] 5/10"));
  EXPECT_THAT(out_.str(), Not(HasSubstr("\n")));
  view.Clear();
  EXPECT_THAT(out_.str(), testing::EndsWith("\r\033[K"));
}

TEST(ShortDurationTest, ReadsLikeAPersonWouldSayIt) {
  EXPECT_EQ(ShortDuration(absl::Seconds(5)), "5s");
  EXPECT_EQ(ShortDuration(absl::Seconds(64.2)), "1m04s");
  EXPECT_EQ(ShortDuration(absl::Seconds(3 * 3600 + 300)), "3h05m");
  EXPECT_EQ(ShortDuration(-absl::Seconds(5)), "0s");
}

}  // namespace
}  // namespace evenkeel
