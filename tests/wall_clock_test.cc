// A run on the wall clock as real processes: it outlives the death of its coordinator.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <functional>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/clock.h"
#include "common/durable_file.h"
#include "common/endpoint.h"
#include "coordinator/coordinator_client.h"
#include "tests/process.h"
#include "tests/tiny_run.h"

namespace evenkeel {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr absl::Duration kLimit = absl::Minutes(3);

// Waits until the coordinator says what `holds` looks for, and keeps it in *status.
bool AwaitStatus(const std::string& run, v1::RunStatus* status,
                 const std::function<bool(const v1::RunStatus&)>& holds) {
  return WaitUntil(kLimit, [&] {
    const auto address = AwaitEndpoint(run, "coordinator", absl::ZeroDuration(), RealClock());
    if (!address.ok()) return false;
    const auto told = CoordinatorStatusClient(*address).GetStatus(absl::Seconds(1));
    if (!told.ok() || !holds(*told)) return false;
    *status = *told;
    return true;
  });
}

bool HasPlayed(const v1::RunStatus& status, uint64_t round, uint64_t step) {
  return status.round() == round && status.step() >= step && status.phase() != v1::RunStatus::STORING;
}

std::set<pid_t> PidsOfAgents(const v1::RunStatus& status) {
  std::set<pid_t> pids;
  for (const v1::AgentStatus& agent : status.agents()) {
    if (agent.connected()) pids.insert(static_cast<pid_t>(agent.pid()));
  }
  return pids;
}

std::vector<int> EpisodesOf(const std::string& metrics) {
  std::vector<int> numbers;
  for (const auto& line : absl::StrSplit(metrics, '\n', absl::SkipEmpty()))
    numbers.push_back(nlohmann::json::parse(line)["episode"]);
  return numbers;
}

// By episode.
std::vector<int> MissedStepsIn(const std::string& metrics) {
  std::vector<int> missed;
  for (const auto& line : absl::StrSplit(metrics, '\n', absl::SkipEmpty()))
    missed.push_back(nlohmann::json::parse(line)["missed_steps"]);
  return missed;
}

TEST(WallClockTest, ACoordinatorKilledInMidRoundGoesOnInItsMiddleAndTimeWithTheSameAgents) {
  const std::string run = FreshFolder("wall") + "/run";
  // Three rounds of 40 steps.
  Process process(TinyRun(run, {"--set", "training.clock=WALL", "--set", "training.episode_seconds=10"}));
  v1::RunStatus before, after;
  ASSERT_TRUE(AwaitStatus(run, &before, [](const v1::RunStatus& status) { return HasPlayed(status, 1, 4); }))
      << process.Wait(absl::ZeroDuration()).err;
  const std::string stored = ReadFile(run + "/metrics.jsonl").value_or("");
  ASSERT_THAT(EpisodesOf(stored), ElementsAre(0, 1));
  ASSERT_EQ(PidsOfAgents(before).size(), 2u);
  const pid_t killed = PidOf(run, "coordinator");
  ASSERT_GT(killed, 0);
  ASSERT_EQ(kill(killed, SIGKILL), 0);

  // From now on it is the new one that answers; agents may join it before it is in a round.
  ASSERT_TRUE(AwaitStatus(run, &after, [](const v1::RunStatus& status) {
    return PidsOfAgents(status).size() == 2 && (status.phase() == v1::RunStatus::STEP || status.phase() == v1::RunStatus::PLAYING);
  }));
  EXPECT_EQ(after.episodes_finished(), 2u);
  EXPECT_LT(after.steps_total(), before.steps_total()) << "the killed coordinator answered";
  EXPECT_EQ(PidsOfAgents(after), PidsOfAgents(before)) << "they wait for the coordinator, and join again";
  EXPECT_GT(after.step(), before.step());
  EXPECT_EQ(after.round_restarts(), 0u);
  EXPECT_TRUE(AwaitStatus(run, &after, [](const v1::RunStatus& status) { return HasPlayed(status, 2, 4); }));
  EXPECT_NEAR(after.step_interval_p50_s(), 0.25, 0.05);

  const ProcessResult result = process.Wait(kLimit);
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("coordinator was killed by signal 9"));
  EXPECT_EQ(std::vector<std::string>(absl::StrSplit(result.err, "warning: coordinator")).size(), 2u) << "it died again: " << result.err;
  for (const char* other : {"actor-", "replay", "learner"}) {
    EXPECT_THAT(result.err, Not(HasSubstr(absl::StrCat("warning: ", other))));
  }
  const std::string metrics = ReadFile(run + "/metrics.jsonl").value_or("");
  EXPECT_TRUE(absl::StartsWith(metrics, stored));
  EXPECT_THAT(EpisodesOf(metrics), ElementsAre(0, 1, 2, 3, 4, 5));
  // The round, of two worlds, was played once: what the agents missed of it is masked, and nothing else.
  const std::vector<int> missed = MissedStepsIn(metrics);
  EXPECT_GT(missed[2], 0);
  EXPECT_LT(missed[2], 2 * 40 - 2 * static_cast<int>(before.step()));
  EXPECT_EQ(missed[3], missed[2]);
  EXPECT_THAT(ReadFile(run + "/attempts/01/coordinator.log").value_or(""), HasSubstr("round 1 goes on after "));
  EXPECT_NE(FinalPolicy(run), "");
  EXPECT_TRUE(WaitUntil(absl::Seconds(20), [&] { return ProcessesWith(run).empty(); }));
}

}  // namespace
}  // namespace evenkeel
