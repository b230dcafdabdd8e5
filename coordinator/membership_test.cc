#include "coordinator/membership.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace evenkeel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const absl::Time kStart = absl::FromUnixSeconds(1000);

v1::Hello HelloFrom(uint32_t agent, int64_t pid = 4711) {
  v1::Hello hello;
  hello.set_agent(agent);
  hello.set_host("n7");
  hello.set_pid(pid);
  return hello;
}

TEST(MembershipTest, AJoinTakesTheSeatAndIsToldOnce) {
  ManualClock clock(kStart);
  Membership membership(2, &clock);
  EXPECT_TRUE(membership.Join({1, 1}, 7, HelloFrom(1)));
  EXPECT_THAT(membership.Connected(), ElementsAre(false, true));
  const auto joined = membership.TakeJoined();
  ASSERT_THAT(joined, SizeIs(1));
  EXPECT_EQ(joined[0].seats.first, 1);
  EXPECT_EQ(joined[0].stream, 7u);
  EXPECT_THAT(membership.TakeJoined(), IsEmpty());
}

TEST(MembershipTest, ANewerStreamTakesTheSeatOver) {
  ManualClock clock(kStart);
  Membership membership(1, &clock);
  membership.Join({0, 1}, 1, HelloFrom(0, 10));
  membership.Join({0, 1}, 2, HelloFrom(0, 11));
  EXPECT_FALSE(membership.Holds({0, 1}, 1));
  EXPECT_TRUE(membership.Holds({0, 1}, 2));
  EXPECT_EQ(membership.Name(0), "actor-0 (host n7, pid 11)");
}

TEST(MembershipTest, AnOlderStreamCannotTakeTheSeatBack) {
  ManualClock clock(kStart);
  Membership membership(1, &clock);
  membership.Join({0, 1}, 2, HelloFrom(0, 11));
  EXPECT_FALSE(membership.Join({0, 1}, 1, HelloFrom(0, 10)));
  EXPECT_TRUE(membership.Holds({0, 1}, 2));
}

TEST(MembershipTest, TheEndOfAReplacedStreamDoesNotEmptyTheSeat) {
  ManualClock clock(kStart);
  Membership membership(1, &clock);
  membership.Join({0, 1}, 1, HelloFrom(0));
  membership.Join({0, 1}, 2, HelloFrom(0));
  EXPECT_FALSE(membership.Leave({0, 1}, 1));
  EXPECT_THAT(membership.Connected(), ElementsAre(true));
  EXPECT_TRUE(membership.Leave({0, 1}, 2));
  EXPECT_THAT(membership.Connected(), ElementsAre(false));
}

TEST(MembershipTest, WhoLeftBeforeBeingToldIsNotTold) {
  ManualClock clock(kStart);
  Membership membership(1, &clock);
  membership.Join({0, 1}, 1, HelloFrom(0));
  membership.Leave({0, 1}, 1);
  EXPECT_THAT(membership.TakeJoined(), IsEmpty());
}

TEST(MembershipTest, StatusesCountMissedStepsAndTheTimeSinceTheLastReply) {
  ManualClock clock(kStart);
  Membership membership(2, &clock);
  membership.Join({1, 1}, 1, HelloFrom(1));
  membership.Heard({1, 1});
  membership.AnsweredStep({1, 1}, 17);
  membership.Missed(1);
  membership.Missed(1);
  clock.Advance(absl::Seconds(3));
  const std::vector<v1::AgentStatus> statuses = membership.Statuses();
  ASSERT_THAT(statuses, SizeIs(2));
  EXPECT_FALSE(statuses[0].connected());
  EXPECT_TRUE(statuses[1].connected());
  EXPECT_EQ(statuses[1].agent(), 1u);
  EXPECT_EQ(statuses[1].pid(), 4711);
  EXPECT_EQ(statuses[1].last_step(), 17u);
  EXPECT_EQ(statuses[1].missed_steps(), 2u);
  EXPECT_DOUBLE_EQ(statuses[1].since_last_reply_s(), 3.0);
}

TEST(MembershipTest, WhereaboutsTellTheAbsentTheBrokenAndTheSilentApart) {
  ManualClock clock(kStart);
  Membership membership(3, &clock);
  membership.Join({1, 1}, 1, HelloFrom(1));
  membership.Join({2, 1}, 2, HelloFrom(2));
  membership.Leave({1, 1}, 1);
  clock.Advance(absl::Seconds(60));
  EXPECT_EQ(membership.Whereabouts(0), "it never joined");
  EXPECT_EQ(membership.Whereabouts(1), "its stream broke 1m ago");
  EXPECT_EQ(membership.Whereabouts(2), "it is connected but silent for 1m");
}

TEST(MembershipTest, AStreamOfSeveralAgentsTakesAllItsSeatsOrNone) {
  ManualClock clock(kStart);
  Membership membership(4, &clock);
  EXPECT_TRUE(membership.Join({1, 3}, 5, HelloFrom(1)));
  EXPECT_THAT(membership.Connected(), ElementsAre(false, true, true, true));
  const auto joined = membership.TakeJoined();
  ASSERT_THAT(joined, SizeIs(1));
  EXPECT_EQ(joined[0].seats.first, 1);
  EXPECT_EQ(joined[0].seats.count, 3);
  EXPECT_FALSE(membership.Join({0, 2}, 4, HelloFrom(0)));
  EXPECT_THAT(membership.Connected(), ElementsAre(false, true, true, true));
}

TEST(MembershipTest, ALeaseEndsOnceForWhoOwesAnAnswerAndRunsAgainWhenItIsHeard) {
  ManualClock clock(kStart);
  Membership membership(2, &clock);
  membership.Join({0, 1}, 1, HelloFrom(0));
  membership.Join({1, 1}, 2, HelloFrom(1));
  membership.Asked({1, 1});
  EXPECT_EQ(membership.NextExpiry(absl::Seconds(5)), kStart + absl::Seconds(5));
  clock.Advance(absl::Seconds(4));
  membership.Asked({1, 1});  // it owes since it was asked first
  EXPECT_THAT(membership.TakeExpired(absl::Seconds(5)), IsEmpty());
  clock.Advance(absl::Seconds(1));
  EXPECT_THAT(membership.TakeExpired(absl::Seconds(5)), ElementsAre(1));
  EXPECT_THAT(membership.TakeExpired(absl::Seconds(5)), IsEmpty());
  EXPECT_THAT(membership.Connected(), ElementsAre(true, false));
  EXPECT_TRUE(membership.Holds({1, 1}, 2));
  membership.Heard({1, 1});
  EXPECT_THAT(membership.Connected(), ElementsAre(true, true));
  EXPECT_EQ(membership.NextExpiry(absl::Seconds(5)), absl::InfiniteFuture());
}

}  // namespace
}  // namespace evenkeel
