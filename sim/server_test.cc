#include "sim/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace evenkeel::sim {
namespace {

using ::testing::ElementsAre;

ServerOptions Options(int vcpus, int workers = 32, int backlog = 128) {
  ServerOptions options;
  options.vcpus = vcpus;
  options.workers = workers;
  options.backlog = backlog;
  return options;
}

// Plays all departures: (job, time) each.
std::vector<std::pair<Server::Job, double>> Drain(Server* server) {
  std::vector<std::pair<Server::Job, double>> ends;
  while (server->next_departure_s() < kNever) {
    const double time_s = server->next_departure_s();
    ends.emplace_back(server->Finish(time_s), time_s);
  }
  return ends;
}

TEST(Server, GivesAFlowAloneOneVcpu) {
  Server server(Options(4));
  server.Add(1, 7, 2);
  EXPECT_THAT(Drain(&server), ElementsAre(std::make_pair(7u, 3.0)));
}

TEST(Server, RunsAsManyFlowsAtFullSpeedAsItHasVcpus) {
  Server server(Options(2));
  server.Add(0, 1, 2);
  server.Add(0, 2, 1);
  EXPECT_THAT(Drain(&server), ElementsAre(std::make_pair(2u, 1.0), std::make_pair(1u, 2.0)));
}

TEST(Server, SharesItsVcpusEquallyAmongMoreFlows) {
  Server server(Options(1));
  server.Add(0, 1, 2);
  server.Add(0, 2, 1);
  ASSERT_EQ(server.next_departure_s(), 2);
  EXPECT_EQ(server.Finish(2), 2u);  // the other has 1 left
  server.Add(2.5, 3, 0.25);         // and now 0.5
  EXPECT_THAT(Drain(&server), ElementsAre(std::make_pair(3u, 3.0), std::make_pair(1u, 3.25)));
}

TEST(Server, ServesItsBacklogFirstComeFirstServed) {
  Server server(Options(1, /*workers=*/1, /*backlog=*/2));
  server.Add(0, 1, 1);
  server.Add(0, 2, 2);
  server.Add(0, 3, 0.5);
  EXPECT_EQ(server.busy_workers(), 1);
  EXPECT_EQ(server.waiting(), 2);
  EXPECT_FALSE(server.HasRoom());
  EXPECT_THAT(Drain(&server),
              ElementsAre(std::make_pair(1u, 1.0), std::make_pair(2u, 3.0), std::make_pair(3u, 3.5)));
}

TEST(Server, RefillsItsBacklogRingManyTimes) {
  Server server(Options(1, /*workers=*/1, /*backlog=*/3));
  Server::Job next_in = 0, next_out = 0;
  while (server.HasRoom()) server.Add(0, next_in++, 1);
  for (int i = 1; i <= 20; ++i) {
    EXPECT_EQ(server.Finish(server.next_departure_s()), next_out++);
    server.Add(i, next_in++, 1);
    EXPECT_FALSE(server.HasRoom());
  }
}

TEST(Server, FinishesExactlyAtTheChangedSpeed) {
  Server server(Options(1));
  server.Add(0, 1, 3);
  server.SetSpeedFactor(1, 0.5);  // 2 left, 4 s
  EXPECT_EQ(server.next_departure_s(), 5);
  server.SetSpeedFactor(3, 2);  // 1 left, 0.5 s
  EXPECT_EQ(server.next_departure_s(), 3.5);
}

TEST(Server, CountsWorkDone) {
  Server server(Options(2));
  server.Add(0, 1, 1);
  server.Add(0, 2, 3);
  EXPECT_DOUBLE_EQ(server.WorkDone(0.5), 1);
  Drain(&server);
  EXPECT_DOUBLE_EQ(server.WorkDone(10), 4);
}

TEST(Server, CountsAFullSlowServerAsFull) {
  Server server(Options(2));
  server.SetSpeedFactor(0, 0.5);
  server.Add(0, 1, 100);
  EXPECT_DOUBLE_EQ(server.BusySeconds(4), 2);
  server.Add(4, 2, 100);
  EXPECT_DOUBLE_EQ(server.BusySeconds(6), 4);
  server.SetSpeedFactor(6, 1);
  EXPECT_DOUBLE_EQ(server.BusySeconds(7), 5);
}

TEST(Server, ReportsItsPresentRate) {
  ServerOptions options = Options(4);
  options.speed = 0.5;
  Server server(options);
  EXPECT_EQ(server.rate(), 0);
  for (Server::Job job = 0; job < 3; ++job) server.Add(0, job, 100);
  EXPECT_DOUBLE_EQ(server.rate(), 1.5);
  server.SetSpeedFactor(0, 0.1);
  EXPECT_DOUBLE_EQ(server.rate(), 0.15);
}

TEST(Server, ClearReturnsAllFlowsAndLeavesItEmpty) {
  Server server(Options(1, /*workers=*/2, /*backlog=*/2));
  for (auto [job, work_s] :
       {std::pair(1u, 5.f), std::pair(2u, 1.f), std::pair(3u, 1.f), std::pair(4u, 1.f)}) {
    server.Add(0, job, work_s);
  }
  EXPECT_THAT(server.Clear(0.5), ElementsAre(2u, 1u, 3u, 4u));
  EXPECT_EQ(server.next_departure_s(), kNever);
  EXPECT_EQ(server.busy_workers() + server.waiting(), 0);
  server.Add(1, 9, 1);
  EXPECT_EQ(server.next_departure_s(), 2);
}

TEST(Server, EndsAFlowWithoutWorkAtOnce) {
  Server server(Options(1));
  server.Add(0, 1, 1);
  server.Add(0.5, 2, 0);
  EXPECT_EQ(server.next_departure_s(), 0.5);
}

}  // namespace
}  // namespace evenkeel::sim
