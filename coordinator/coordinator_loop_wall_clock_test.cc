// The loop on the wall clock: absolute times, masks, leases.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/durable_file.h"
#include "coordinator/loop_for_test.h"
#include "coordinator/round_journal.h"

namespace evenkeel {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

v1::Experiment WallClock() {
  v1::Experiment experiment = SmallExperiment();
  experiment.mutable_training()->set_clock(v1::Training::WALL);
  experiment.mutable_training()->set_episodes(2);
  return experiment;
}

TEST(CoordinatorLoopWallClockTest, StepsAreAskedAtAbsoluteTimesHoweverSlowTheAgents) {
  TestRun run(WallClock());
  std::vector<absl::Duration> asked;
  run.agents.on_sent = [&](const TestAgents::Sent& sent) {
    if (!sent.message.has_step_request()) return true;
    if (sent.agent == 0) asked.push_back(run.clock.Now() - kStart);
    // Agent 0 takes 10, 20, ... ms; agent 1 never replies after step 1.
    if (sent.agent == 0) {
      const absl::Duration delay = absl::Milliseconds(10) * (1 + sent.message.step_request().step());
      run.clock.At(run.clock.Now() + delay, [&run, sent] { run.agents.Answer(sent); });
      return false;
    }
    return sent.message.step_request().step() < 2;
  };
  ASSERT_TRUE(run.Play().ok());
  ASSERT_THAT(asked, SizeIs(kSteps));
  for (uint64_t step = 0; step < kSteps; ++step)
    EXPECT_EQ(asked[step], step * absl::Milliseconds(250)) << step;
  EXPECT_EQ(run.clock.Now(), kStart + absl::Seconds(2));
}

TEST(CoordinatorLoopWallClockTest, AMissingAgentIsMaskedAndItsDataPlaneKeepsWhatItSetLast) {
  TestRun run(WallClock());
  run.agents.on_sent = [](const TestAgents::Sent& sent) { return sent.agent == 0 || !IsStep(sent, 4); };
  ASSERT_TRUE(run.Play().ok());
  const v1::Episode& episode = run.sink.episodes[0];
  std::string expected(kSteps * 2, '\1');
  expected[4 * 2 + 1] = '\0';
  EXPECT_EQ(episode.mask(), expected);
  const size_t row = 2 * 3, agent_1 = 3;
  EXPECT_EQ(episode.levels().substr(4 * row + agent_1, 3), episode.levels().substr(3 * row + agent_1, 3));
  EXPECT_EQ(episode.weights().substr((4 * row + agent_1) * 4, 12),
            episode.weights().substr((3 * row + agent_1) * 4, 12));
  EXPECT_EQ(run.sink.summaries[0].missed_steps(), 1u);
  EXPECT_EQ(run.gateway.GetStatus().agents(1).missed_steps(), 1u);
}

TEST(CoordinatorLoopWallClockTest, ALateReplyIsDroppedAndTheNextStepGoesOnInStep) {
  TestRun run(WallClock());
  run.agents.on_sent = [&run](const TestAgents::Sent& sent) {
    if (sent.agent == 0 || !IsStep(sent, 4)) return true;
    run.clock.At(run.clock.Now() + absl::Milliseconds(220), [&run, sent] { run.agents.Answer(sent); });
    return false;
  };
  ASSERT_TRUE(run.Play().ok());
  EXPECT_TRUE(run.agents.error.ok()) << run.agents.error;
  EXPECT_EQ(run.gateway.barrier().late_replies(), 1u);
  EXPECT_EQ(run.sink.summaries[0].missed_steps(), 1u);
}

TEST(CoordinatorLoopWallClockTest, GoesOnWithoutAnAgentThatLeftAndTakesItInWhenItIsBack) {
  TestRun run(WallClock());
  bool left = false;
  run.agents.on_sent = [&](const TestAgents::Sent& sent) {
    if (left || sent.agent != 1 || !IsStep(sent, 2)) return true;
    left = true;
    run.agents.Break(1);
    run.clock.At(kStart + absl::Milliseconds(1100), [&run] { run.agents.Join(1); });  // in step 4
    return false;
  };
  ASSERT_TRUE(run.Play().ok());
  std::string mask;
  for (uint64_t step = 0; step < kSteps; ++step)
    mask += run.sink.episodes[0].mask()[2 * step + 1] ? '1' : '0';
  EXPECT_EQ(mask, "11000111");
}

TEST(CoordinatorLoopWallClockTest, OneThatIsAwayIsNotWaitedFor) {
  TestRun run(WallClock());
  run.agents.on_sent = [&](const TestAgents::Sent& sent) {
    if (sent.agent != 1) return true;
    if (IsStep(sent, 2)) run.agents.Break(1);
    return !IsStep(sent, 2);
  };
  ASSERT_TRUE(run.Play().ok());
  EXPECT_EQ(run.sink.summaries[0].missed_steps(), kSteps - 2);
  EXPECT_LT(run.gateway.GetStatus().barrier_p99_s(), 0.2) << "a deadline passed";
}

TEST(CoordinatorLoopWallClockTest, RoundsBeginOnTheBeatOfTheInterval) {
  TestRun run(WallClock());
  run.clock.Advance(absl::Milliseconds(130));
  std::vector<absl::Time> asked;
  run.agents.on_sent = [&](const TestAgents::Sent& sent) {
    if (sent.agent == 0 && sent.message.has_step_request()) asked.push_back(run.clock.Now());
    return true;
  };
  ASSERT_TRUE(run.Play().ok());
  EXPECT_EQ(asked[0], kStart + absl::Milliseconds(250));
  EXPECT_EQ(asked[1], kStart + absl::Milliseconds(500));
}

TEST(CoordinatorLoopWallClockTest, WithReuseLastAMissingAgentRepeatsWhatItDidAndIsCounted) {
  v1::Experiment experiment = WallClock();
  experiment.mutable_barrier()->set_on_miss(v1::Barrier::REUSE_LAST);
  TestRun run(experiment);
  run.agents.on_sent = [](const TestAgents::Sent& sent) {
    return sent.agent == 0 || !(IsStep(sent, 0) || IsStep(sent, 4));
  };
  ASSERT_TRUE(run.Play().ok());
  const v1::Episode& episode = run.sink.episodes[0];
  std::string expected(kSteps * 2, '\1');
  expected[1] = '\0';  // nothing to repeat yet
  EXPECT_EQ(episode.mask(), expected);
  const size_t row = 2 * 3, agent_1 = 3;
  EXPECT_EQ(episode.levels().substr(4 * row + agent_1, 3), episode.levels().substr(3 * row + agent_1, 3));
  EXPECT_EQ(run.gateway.GetStatus().agents(1).missed_steps(), 2u);
  EXPECT_THAT(run.warnings, ElementsAre(HasSubstr("actor-1 (host n7, pid 4711) is masked in round 0 step 0"),
                                        HasSubstr("repeats its last action in round 0 step 4")));
}

TEST(CoordinatorLoopWallClockTest, WithWaitAStepWaitsForTheLateAndTheScheduleStays) {
  v1::Experiment experiment = WallClock();
  experiment.mutable_barrier()->set_on_miss(v1::Barrier::WAIT);
  TestRun run(experiment);
  std::vector<absl::Duration> asked;
  run.agents.on_sent = [&](const TestAgents::Sent& sent) {
    if (!sent.message.has_step_request()) return true;
    if (sent.agent == 0) asked.push_back(run.clock.Now() - kStart);
    if (sent.agent == 0 || !IsStep(sent, 2)) return true;
    run.clock.At(run.clock.Now() + absl::Milliseconds(600), [&run, sent] { run.agents.Answer(sent); });
    return false;
  };
  ASSERT_TRUE(run.Play().ok());
  EXPECT_EQ(run.sink.summaries[0].missed_steps(), 0u);
  // Step 2, asked at 500 ms, is complete at 1,100 ms: 3 and 4 follow at once, 5 at its time.
  EXPECT_THAT(asked, ElementsAre(absl::Milliseconds(0), absl::Milliseconds(250), absl::Milliseconds(500),
                                 absl::Milliseconds(1100), absl::Milliseconds(1100), absl::Milliseconds(1250),
                                 absl::Milliseconds(1500), absl::Milliseconds(1750)));
  EXPECT_EQ(run.gateway.GetStatus().overrun_steps(), 2u);
  EXPECT_THAT(run.warnings,
              Contains(HasSubstr("round 0 step 2 ended 350ms after the next one's time")));
}

TEST(CoordinatorLoopWallClockTest, ASilentAgentLosesItsLeaseIsNamedAndIsTakenInWhenHeardAgain) {
  v1::Experiment experiment = WallClock();
  experiment.mutable_barrier()->set_lease_seconds(0.6);
  TestRun run(experiment);
  bool connected_at_1200ms = true, connected_at_1400ms = false;
  run.clock.At(kStart + absl::Milliseconds(1200),
               [&] { connected_at_1200ms = run.gateway.GetStatus().agents(1).connected(); });
  run.clock.At(kStart + absl::Milliseconds(1400),
               [&] { connected_at_1400ms = run.gateway.GetStatus().agents(1).connected(); });
  run.agents.on_sent = [&](const TestAgents::Sent& sent) {
    if (sent.agent == 0 || !sent.message.has_step_request()) return true;
    const uint64_t step = sent.message.step_request().step();
    if (step < 2 || step > 5) return true;  // hangs with step 2, and answers it at 1,300 ms
    if (step == 2) run.clock.At(kStart + absl::Milliseconds(1300), [&run, sent] { run.agents.Answer(sent); });
    return false;
  };
  ASSERT_TRUE(run.Play().ok());
  EXPECT_TRUE(run.agents.error.ok()) << run.agents.error;
  EXPECT_FALSE(connected_at_1200ms);
  EXPECT_TRUE(connected_at_1400ms);
  std::string mask;
  for (uint64_t step = 0; step < kSteps; ++step)
    mask += run.sink.episodes[0].mask()[2 * step + 1] ? '1' : '0';
  EXPECT_EQ(mask, "11000011");
  EXPECT_THAT(run.warnings,
              Contains(HasSubstr("actor-1 (host n7, pid 4711) has owed a reply for 600ms")));
}

TEST(CoordinatorLoopWallClockTest, StallsWhenNobodyRepliesAnyMore) {
  v1::Experiment experiment = WallClock();
  experiment.mutable_barrier()->set_stall_after_seconds(1);
  TestRun run(experiment);
  run.agents.on_sent = [](const TestAgents::Sent& sent) { return !sent.message.has_step_request(); };
  const absl::Status status = run.Play();
  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("stalled: actor-0 (host n7, pid 4710) is late"));
  EXPECT_THAT(std::string(status.message()), HasSubstr("actor-1 (host n7, pid 4711) is late"));
}

TEST(CoordinatorLoopWallClockTest, ARoundStartsWithoutAnAgentThatLeavesBeforeItIsReady) {
  TestRun run(WallClock());
  run.agents.on_sent = [&run](const TestAgents::Sent& sent) {
    if (sent.agent != 1 || !sent.message.has_round_start()) return true;
    run.agents.Break(1);
    return false;
  };
  ASSERT_TRUE(run.Play().ok());
  EXPECT_EQ(run.clock.Now(), kStart + absl::Seconds(2));
  EXPECT_EQ(run.sink.summaries[0].missed_steps(), kSteps);
}

// A run whose coordinator is killed and started again: two loops with one journal between them.
class JournalTest : public ::testing::Test {
 protected:
  // What the first loop left when it was killed in `step` of round 0, before that was played; kSteps: when all were.
  std::string JournalOfOneKilledIn(uint64_t step, const v1::Experiment& experiment) {
    const std::unique_ptr<RoundJournal> journal = Open();
    TestRun run(experiment, 0, journal.get());
    std::string left;
    run.agents.on_sent = [&](const TestAgents::Sent& sent) {
      const bool now = step == kSteps ? sent.message.has_round_end() : IsStep(sent, step);
      if (left.empty() && now) left = ReadFile(path_).value();
      return true;
    };
    EXPECT_TRUE(run.Play().ok());
    undisturbed_ = run.sink.episodes;
    return left;
  }

  std::unique_ptr<RoundJournal> Open() { return RoundJournal::Open(path_).value(); }

  // Opens the journal as the next coordinator finds it.
  std::unique_ptr<RoundJournal> Leave(const std::string& bytes) {
    EXPECT_TRUE(WriteFileDurably(path_, bytes).ok());
    return Open();
  }

  static std::string MaskOf(int agent, const v1::Episode& episode) {
    std::string mask;
    for (uint64_t step = 0; step < kSteps; ++step) mask += episode.mask()[2 * step + agent] ? '1' : '0';
    return mask;
  }

  const std::string path_ = ::testing::TempDir() + "/round.journal";
  std::vector<v1::Episode> undisturbed_;
};

TEST_F(JournalTest, ARoundGoesOnInItsTimeAndMeanwhileTheDataPlanesKeptTheirControls) {
  const std::unique_ptr<RoundJournal> journal = Leave(JournalOfOneKilledIn(4, WallClock()));
  TestRun run(WallClock(), 0, journal.get());
  // 4 was not played, 5 began at 1250 ms; 6 has no agents yet.
  run.clock.Advance(absl::Milliseconds(1300));
  std::vector<absl::Duration> asked;
  run.agents.on_sent = [&](const TestAgents::Sent& sent) {
    if (sent.agent == 0 && sent.message.has_step_request()) asked.push_back(run.clock.Now() - kStart);
    return true;
  };
  v1::RunStatus waiting;
  run.clock.At(kStart + absl::Milliseconds(1400), [&] { waiting = run.gateway.GetStatus(); });
  run.clock.At(kStart + absl::Milliseconds(1600), [&] {
    run.agents.Join(0);
    run.agents.Join(1);
  });
  ASSERT_TRUE(run.loop->Run().ok());
  EXPECT_TRUE(run.agents.error.ok()) << run.agents.error;
  EXPECT_EQ(waiting.step(), 6u);
  EXPECT_EQ(waiting.phase(), v1::RunStatus::PLAYING);
  EXPECT_THAT(asked, ElementsAre(absl::Milliseconds(1750)));
  EXPECT_EQ(run.clock.Now(), kStart + absl::Seconds(2));
  ASSERT_THAT(run.sink.episodes, SizeIs(2));
  const v1::Episode& episode = run.sink.episodes[0];
  EXPECT_EQ(MaskOf(0, episode), "11110001");
  EXPECT_EQ(MaskOf(1, episode), "11110001");
  EXPECT_EQ(run.sink.summaries[0].missed_steps(), 6u);
  const size_t row = 2 * 3;
  EXPECT_EQ(episode.levels().substr(0, 4 * row), undisturbed_[0].levels().substr(0, 4 * row));
  for (uint64_t step = 4; step < 7; ++step) {
    EXPECT_EQ(episode.weights().substr(step * row * 4, row * 4), episode.weights().substr(3 * row * 4, row * 4));
  }
  EXPECT_THAT(run.warnings, Contains(HasSubstr("round 0 goes on after 4 steps; for 2 more the coordinator was away")));
  EXPECT_THAT(ReadFile(path_).value(), IsEmpty()) << "the run is over";
}

TEST_F(JournalTest, AKillThatTakesNoStepAwayChangesNothing) {
  const std::unique_ptr<RoundJournal> journal = Leave(JournalOfOneKilledIn(4, WallClock()));
  TestRun run(WallClock(), 0, journal.get());
  run.clock.Advance(absl::Milliseconds(900));
  ASSERT_TRUE(run.Play().ok());
  EXPECT_EQ(MaskOf(0, run.sink.episodes[0]), "11111111");
  EXPECT_EQ(run.clock.Now(), kStart + absl::Seconds(2));
  // What the agents remembered is lost, so from step 4 on they may choose otherwise.
  const size_t row = 2 * 3;
  EXPECT_EQ(run.sink.episodes[0].levels().substr(0, 4 * row), undisturbed_[0].levels().substr(0, 4 * row));
  EXPECT_EQ(run.gateway.GetStatus().step_interval_p99_s(), 0.25);
}

TEST_F(JournalTest, AfterTheRoundTheNextOneWaitsForTheAgentsAndBegins) {
  v1::Experiment longer = WallClock();
  longer.mutable_training()->set_episodes(4);
  const std::unique_ptr<RoundJournal> journal = Leave(JournalOfOneKilledIn(4, longer));
  TestRun run(longer, 0, journal.get());
  run.clock.Advance(absl::Milliseconds(1900));  // no step of round 0 is left
  run.clock.At(kStart + absl::Milliseconds(2600), [&] { run.agents.Join(0); });
  run.clock.At(kStart + absl::Milliseconds(3100), [&] { run.agents.Join(1); });
  ASSERT_TRUE(run.loop->Run().ok());
  EXPECT_TRUE(run.agents.error.ok()) << run.agents.error;
  ASSERT_THAT(run.sink.episodes, SizeIs(4));
  EXPECT_EQ(MaskOf(0, run.sink.episodes[0]), "11110000");
  EXPECT_EQ(MaskOf(0, run.sink.episodes[2]), "11111111");
  EXPECT_EQ(MaskOf(1, run.sink.episodes[2]), "11111111");
  EXPECT_EQ(run.clock.Now(), kStart + absl::Milliseconds(3250) + absl::Seconds(2));
}

TEST_F(JournalTest, ARoundThatWasPlayedWholeIsStoredAsItWasHoweverLongAgo) {
  const std::unique_ptr<RoundJournal> journal = Leave(JournalOfOneKilledIn(kSteps, WallClock()));
  TestRun run(WallClock(), 0, journal.get());
  run.clock.Advance(absl::Hours(5));
  ASSERT_TRUE(run.loop->Run().ok());
  EXPECT_EQ(Serialized(run.sink.episodes), Serialized(undisturbed_));
}

TEST_F(JournalTest, WithReuseLastTheAgentsRepeatWhatTheyDidAlsoAfterASecondKill) {
  v1::Experiment experiment = WallClock();
  experiment.mutable_barrier()->set_on_miss(v1::Barrier::REUSE_LAST);
  const std::unique_ptr<RoundJournal> first = Leave(JournalOfOneKilledIn(2, experiment));
  std::string left;
  {
    TestRun run(experiment, 0, first.get());
    run.clock.Advance(absl::Milliseconds(1100));  // 2, 3, 4 are missed
    run.agents.on_sent = [&](const TestAgents::Sent& sent) {
      if (IsStep(sent, 6)) left = ReadFile(path_).value();
      return sent.agent == 0 || !IsStep(sent, 5);
    };
    ASSERT_TRUE(run.Play().ok());
    EXPECT_EQ(MaskOf(0, run.sink.episodes[0]), "11111111");
    EXPECT_EQ(run.gateway.GetStatus().agents(0).missed_steps(), 3u);
    EXPECT_EQ(run.gateway.GetStatus().agents(1).missed_steps(), 4u);
    undisturbed_ = run.sink.episodes;
  }
  const std::unique_ptr<RoundJournal> second = Leave(left);
  TestRun run(experiment, 0, second.get());
  run.clock.Advance(absl::Milliseconds(1400));
  ASSERT_TRUE(run.Play().ok());
  for (int agent : {0, 1}) EXPECT_EQ(MaskOf(agent, run.sink.episodes[0]), "11111111") << agent;
  const size_t row = 2 * 3;
  EXPECT_EQ(run.sink.episodes[0].levels().substr(0, 6 * row), undisturbed_[0].levels().substr(0, 6 * row));
}

TEST_F(JournalTest, ARoundBeginsAgainWhereTheRunWasAskedToStop) {
  const std::unique_ptr<RoundJournal> journal = Open();
  TestRun run(WallClock(), 0, journal.get());
  run.agents.on_sent = [&](const TestAgents::Sent& sent) {
    if (IsStep(sent, 4)) run.loop->Stop();
    return true;
  };
  EXPECT_EQ(run.Play().code(), absl::StatusCode::kCancelled);
  EXPECT_THAT(ReadFile(path_).value(), IsEmpty());
}

TEST_F(JournalTest, ARoundBeginsAgainAfterAStandstillLongerThanAStall) {
  const std::unique_ptr<RoundJournal> journal = Leave(JournalOfOneKilledIn(4, WallClock()));
  TestRun run(WallClock(), 0, journal.get());
  run.clock.Advance(absl::Seconds(62));
  ASSERT_TRUE(run.Play().ok());
  EXPECT_EQ(run.clock.Now(), kStart + absl::Seconds(64));
  EXPECT_EQ(run.sink.summaries[0].missed_steps(), 0u);
  EXPECT_THAT(run.warnings, Contains(HasSubstr("round 0 begins again: the coordinator was away for 1m1s")));
}

TEST_F(JournalTest, AJournalOfAnotherRoundOrExperimentIsOfNoUse) {
  const std::string left = JournalOfOneKilledIn(4, WallClock());
  v1::Experiment longer = WallClock();
  longer.mutable_training()->set_episodes(4);
  {
    const std::unique_ptr<RoundJournal> journal = Leave(left);
    TestRun run(longer, 1, journal.get());
    ASSERT_TRUE(run.Play().ok());
    EXPECT_THAT(run.warnings, Not(Contains(HasSubstr("goes on"))));
  }
  v1::Experiment other = WallClock();
  other.mutable_training()->set_worlds(1);
  const std::unique_ptr<RoundJournal> journal = Leave(left);
  TestRun run(other, 0, journal.get());
  ASSERT_TRUE(run.Play().ok());
  EXPECT_THAT(run.warnings, Contains(HasSubstr("its journal is of no use: 2 actions of agent 0")));
  EXPECT_EQ(run.sink.summaries[0].missed_steps(), 0u);
}

TEST_F(JournalTest, TheBeatGoesOnWhereTheSystemsTimeWasSetBack) {
  const std::unique_ptr<RoundJournal> journal = Leave(JournalOfOneKilledIn(4, WallClock()));
  TestRun run(WallClock(), 0, journal.get());
  run.clock.Advance(-absl::Hours(1));
  ASSERT_TRUE(run.Play().ok());
  EXPECT_EQ(run.clock.Now(), kStart - absl::Hours(1) + absl::Seconds(1));
  EXPECT_EQ(run.sink.summaries[0].missed_steps(), 0u);
}

}  // namespace
}  // namespace evenkeel
