#include "sim/cluster_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>

namespace evenkeel::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

ClusterOptions Good() {
  ClusterOptions options;
  options.servers.resize(3);
  options.events.push_back({ServerEvent::SET_SPEED, 2, 1.0, 0.5, 0, 15});
  return options;
}

std::string ErrorAfter(const std::function<void(ClusterOptions*)>& spoil) {
  ClusterOptions options = Good();
  spoil(&options);
  const absl::Status status = Validate(options);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(ClusterOptions, AcceptsGoodOptions) { EXPECT_TRUE(Validate(Good()).ok()); }

TEST(ClusterOptions, NamesTheWrongFieldOfAServer) {
  EXPECT_EQ(ErrorAfter([](auto* o) { o->servers[1].workers = 0; }),
            "topology.servers (server 1).workers must be 1..1048576, found 0");
  EXPECT_THAT(ErrorAfter([](auto* o) { o->servers[2].backlog = -1; }), HasSubstr("(server 2).backlog"));
  EXPECT_THAT(ErrorAfter([](auto* o) { o->servers[0].vcpus = 0; }), HasSubstr("(server 0).vcpus"));
  EXPECT_THAT(ErrorAfter([](auto* o) { o->servers[0].speed = std::numeric_limits<double>::quiet_NaN(); }),
              HasSubstr(".speed must be a positive number, found nan"));
  EXPECT_THAT(ErrorAfter([](auto* o) { o->servers[0].hyper_thread_gain = 1.5; }),
              HasSubstr(".hyper_thread_gain"));
  EXPECT_THAT(ErrorAfter([](auto* o) { o->servers[0].speed_table = {1, 0}; }), HasSubstr(".speed_table[1]"));
}

TEST(ClusterOptions, NamesTheWrongFieldOfAnEvent) {
  EXPECT_EQ(ErrorAfter([](auto* o) { o->events[0].server = 3; }),
            "topology.events[0].server must be a server's index, 0..2, found 3");
  EXPECT_THAT(ErrorAfter([](auto* o) { o->events[0].at_s = -1; }), HasSubstr("events[0].at_seconds"));
  EXPECT_THAT(ErrorAfter([](auto* o) { o->events[0].factor = 0; }), HasSubstr("events[0].factor"));
  EXPECT_THAT(ErrorAfter([](auto* o) { o->events[0].share = 1.1; }), HasSubstr("events[0].share"));
  EXPECT_THAT(ErrorAfter([](auto* o) { o->events[0].period_s = 0; }), HasSubstr("events[0].period_seconds"));
}

TEST(ClusterOptions, NamesTheWrongFieldOfTheCluster) {
  EXPECT_THAT(ErrorAfter([](auto* o) { o->events.clear(), o->servers.clear(); }),
              HasSubstr("topology.servers"));
  EXPECT_THAT(ErrorAfter([](auto* o) { o->round_trip_s = -0.1; }), HasSubstr("topology.round_trip_seconds"));
  EXPECT_THAT(ErrorAfter([](auto* o) { o->fin_lag_s = std::numeric_limits<double>::infinity(); }),
              HasSubstr("topology.fin_lag_seconds"));
}

TEST(Throughput, GrowsWithTheFlowsInServiceUpToTheVcpus) {
  ServerOptions options;
  options.workers = 5;
  options.vcpus = 3;
  options.speed = 2;
  EXPECT_THAT(Throughput(options), ElementsAre(0, 2, 4, 6, 6, 6));
}

TEST(Throughput, GivesHyperThreadsTheirGainOnly) {
  ServerOptions options;
  options.workers = 6;
  options.vcpus = 5;
  options.hyper_thread_gain = 0.25;
  EXPECT_THAT(Throughput(options), ElementsAre(0, 1, 2, 3, 3.25, 3.5, 3.5));
}

TEST(Throughput, FollowsTheSpeedTableAndHoldsItsLastEntry) {
  ServerOptions options;
  options.workers = 4;
  options.speed = 0.5;
  options.speed_table = {1, 3, 2};
  EXPECT_THAT(Throughput(options), ElementsAre(0, 0.5, 1.5, 1, 1));
}

}  // namespace
}  // namespace evenkeel::sim
