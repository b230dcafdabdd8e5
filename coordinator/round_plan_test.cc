#include "coordinator/round_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

v1::Experiment Valid() {
  v1::Experiment experiment;
  experiment.mutable_training()->set_episodes(10);
  experiment.mutable_training()->set_worlds(4);
  experiment.mutable_training()->set_episode_seconds(60);
  experiment.mutable_agent()->set_step_interval_seconds(0.25);
  experiment.mutable_barrier()->set_deadline_seconds(0.2);
  experiment.mutable_barrier()->set_stall_after_seconds(60);
  experiment.mutable_barrier()->set_join_seconds(60);
  return experiment;
}

TEST(RoundPlanTest, CutsTheEpisodesIntoRoundsWithAShortLastOne) {
  const auto plan = PlanRounds(Valid());
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->steps, 240u);
  EXPECT_EQ(plan->rounds(), 3u);
  EXPECT_EQ(plan->worlds_of(0), 4);
  EXPECT_EQ(plan->worlds_of(2), 2);
  EXPECT_EQ(plan->first_episode(2), 8u);
}

TEST(RoundPlanTest, ResumesAtTheRoundThatIsNotWhollyStored) {
  const auto plan = PlanRounds(Valid());
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->ResumeRound(0), 0u);
  EXPECT_EQ(plan->ResumeRound(3), 0u);
  EXPECT_EQ(plan->ResumeRound(4), 1u);
  EXPECT_EQ(plan->ResumeRound(9), 2u);
  EXPECT_EQ(plan->ResumeRound(10), 3u);
  EXPECT_EQ(plan->ResumeRound(99), 3u);
}

TEST(RoundPlanTest, AReplyDeadlineNeverReachesIntoTheNextStep) {
  v1::Experiment experiment = Valid();
  experiment.mutable_barrier()->set_deadline_seconds(9);
  const auto plan = PlanRounds(experiment);
  ASSERT_TRUE(plan.ok());
  EXPECT_EQ(plan->reply_deadline, absl::Milliseconds(250));
}

TEST(RoundPlanTest, NamesTheFieldThatGivesNoPlan) {
  v1::Experiment no_worlds = Valid();
  no_worlds.mutable_training()->set_worlds(0);
  EXPECT_THAT(std::string(PlanRounds(no_worlds).status().message()), HasSubstr("training.worlds is 0"));
  v1::Experiment no_interval = Valid();
  no_interval.mutable_agent()->set_step_interval_seconds(0);
  EXPECT_THAT(std::string(PlanRounds(no_interval).status().message()),
              HasSubstr("agent.step_interval_seconds is 0"));
  v1::Experiment endless = Valid();
  endless.mutable_training()->set_episode_seconds(1e12);
  EXPECT_THAT(std::string(PlanRounds(endless).status().message()), HasSubstr("training.episode_seconds"));
}

}  // namespace
}  // namespace evenkeel
