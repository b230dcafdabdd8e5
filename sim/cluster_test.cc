#include "sim/cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "sim/testing_dispatcher.h"
#include "sim/workload.h"

namespace evenkeel::sim {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// A cluster fed by a list, and what its dispatcher was told.
struct World {
  World(const ClusterOptions& options, std::vector<Flow> flows)
      : cluster(*Cluster::Create(options, Arrivals(std::move(flows)), /*seed=*/1, &recorder)) {}

  Recorder recorder;
  std::unique_ptr<Cluster> cluster;
};

ClusterOptions One(const ServerOptions& server) {
  ClusterOptions options;
  options.servers = {server};
  return options;
}

std::vector<Flow> Simultaneous(int count, float work_s) {
  return std::vector<Flow>(count, Flow{1, work_s, 0, 0});
}

TEST(Cluster, RefusesBadOptions) {
  Recorder recorder;
  EXPECT_EQ(Cluster::Create(ClusterOptions(), Arrivals({}), 1, &recorder).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(Cluster, PlaysFlowsUpToAndIncludingTheTimeAskedFor) {
  World world(One(ServerOf(1)), {{1, 1, 0, 0}, {3, 1, 0, 0}});
  world.cluster->AdvanceTo(2);
  EXPECT_EQ(world.cluster->flows_finished(), 1u);
  EXPECT_EQ(world.cluster->flows_arrived(), 1u);
  EXPECT_EQ(world.cluster->now_s(), 2);
  world.cluster->AdvanceTo(3);
  EXPECT_EQ(world.cluster->flows_arrived(), 2u);
}

TEST(Cluster, TellsTheDispatcherOfEachFlowInOrder) {
  World world(One(ServerOf(1)), {{1, 2, 0, 0}, {2, 0.5, 0, 0}});
  world.cluster->AdvanceTo(10);
  using R = Recorder;
  EXPECT_THAT(world.recorder.records,
              ElementsAre(R::Record{R::PICKED, 1, 0, 0, 0}, R::Record{R::OPENED, 1, 0, 0, 0},
                          R::Record{R::PICKED, 2, 1, 0, 0}, R::Record{R::OPENED, 2, 1, 0, 0},
                          R::Record{R::FINISHED, 3, 1, 0, 1}, R::Record{R::FINISHED, 3.5, 0, 0, 2.5}));
}

TEST(Cluster, RejectsExactlyBeyondWorkersAndBacklog) {
  World world(One(ServerOf(2, /*workers=*/4, /*backlog=*/3)), Simultaneous(10, 1));
  world.cluster->AdvanceTo(1);
  EXPECT_THAT(world.recorder.FlowsOf(Recorder::REJECTED), ElementsAre(7, 8, 9));
  EXPECT_EQ(world.cluster->busy_workers(0), 4);
  EXPECT_EQ(world.cluster->flows(0), 7);
  world.cluster->AdvanceTo(100);
  EXPECT_EQ(world.cluster->flows_finished(), 7u);
  EXPECT_EQ(world.cluster->flows_rejected(), 3u);
}

TEST(Cluster, HasRoomAgainAtTheVeryTimeOfADeparture) {
  World world(One(ServerOf(1, /*workers=*/1, /*backlog=*/0)), {{0, 1, 0, 0}, {1, 1, 0, 0}, {1.5, 1, 0, 0}});
  world.cluster->AdvanceTo(10);
  EXPECT_THAT(world.recorder.FlowsOf(Recorder::FINISHED), ElementsAre(0, 1));
  EXPECT_THAT(world.recorder.FlowsOf(Recorder::REJECTED), ElementsAre(2));
}

TEST(Cluster, OpensARejectedFlowFirst) {
  World world(One(ServerOf(1, /*workers=*/1, /*backlog=*/0)), Simultaneous(2, 1));
  world.cluster->AdvanceTo(1);
  EXPECT_THAT(world.recorder.FlowsOf(Recorder::OPENED), ElementsAre(0, 1));
  EXPECT_EQ(world.recorder.records.back().kind, Recorder::REJECTED);
}

TEST(Cluster, SaysNothingMoreOfAFlowWithoutServer) {
  World world(One(ServerOf(1)), Simultaneous(1, 1));
  world.recorder.pick = [](uint64_t, const Flow&) { return kNoServer; };
  world.cluster->AdvanceTo(10);
  EXPECT_THAT(world.recorder.records, SizeIs(1));
  EXPECT_EQ(world.cluster->flows_rejected(), 1u);
}

TEST(Cluster, DrainRefusesNewFlowsAndFinishesOldOnes) {
  ClusterOptions options = One(ServerOf(1));
  options.events = {{ServerEvent::DRAIN, 0, 2}};
  World world(options, {{1, 3, 0, 0}, {2, 1, 0, 0}});
  world.cluster->AdvanceTo(2);
  EXPECT_FALSE(world.cluster->available(0));
  world.cluster->AdvanceTo(10);
  EXPECT_THAT(world.recorder.Of(Recorder::FINISHED),
              ElementsAre(Recorder::Record{Recorder::FINISHED, 4, 0, 0, 3}));
  EXPECT_THAT(world.recorder.FlowsOf(Recorder::REJECTED), ElementsAre(1));
}

TEST(Cluster, RemoveResetsFlowsInServiceAndInTheBacklog) {
  ClusterOptions options = One(ServerOf(1, /*workers=*/2, /*backlog=*/2));
  options.events = {{ServerEvent::REMOVE, 0, 2}};
  World world(options, {{1, 9, 0, 0}, {1, 9, 0, 0}, {1, 9, 0, 0}, {3, 1, 0, 0}});
  world.cluster->AdvanceTo(2);
  EXPECT_THAT(world.recorder.FlowsOf(Recorder::REJECTED), testing::UnorderedElementsAre(0, 1, 2));
  EXPECT_EQ(world.cluster->flows(0), 0);
  world.cluster->AdvanceTo(100);
  EXPECT_THAT(world.recorder.FlowsOf(Recorder::FINISHED), IsEmpty());
  EXPECT_EQ(world.cluster->flows_rejected(), 4u);
}

TEST(Cluster, AServerIsNotThereBeforeItIsAdded) {
  ClusterOptions options = One(ServerOf(1));
  options.events = {{ServerEvent::ADD, 0, 2}};
  World world(options, {{1, 1, 0, 0}, {2, 1, 0, 0}});
  EXPECT_FALSE(world.cluster->available(0));
  world.cluster->AdvanceTo(10);
  EXPECT_THAT(world.recorder.FlowsOf(Recorder::REJECTED), ElementsAre(0));
  EXPECT_THAT(world.recorder.FlowsOf(Recorder::FINISHED), ElementsAre(1));
}

TEST(Cluster, ARemovedServerCanBeAddedBack) {
  ClusterOptions options = One(ServerOf(1));
  options.events = {{ServerEvent::ADD, 0, 4}, {ServerEvent::REMOVE, 0, 2}};
  World world(options, {{1, 5, 0, 0}, {3, 1, 0, 0}, {5, 1, 0, 0}});
  world.cluster->AdvanceTo(10);
  EXPECT_THAT(world.recorder.FlowsOf(Recorder::REJECTED), ElementsAre(0, 1));
  EXPECT_THAT(world.recorder.Of(Recorder::FINISHED),
              ElementsAre(Recorder::Record{Recorder::FINISHED, 6, 2, 0, 1}));
}

TEST(Cluster, ASpeedChangeMovesTheFinishTimeExactly) {
  ClusterOptions options = One(ServerOf(1));
  options.events = {{ServerEvent::SET_SPEED, 0, 2, 0.25}, {ServerEvent::SET_SPEED, 0, 6, 1}};
  World world(options, {{1, 3, 0, 0}});  // 1 done at 2, 2 at 6, 3 at 7
  world.cluster->AdvanceTo(3);
  EXPECT_EQ(world.cluster->speed_factor(0), 0.25);
  EXPECT_EQ(world.cluster->rate(0), 0.25);
  world.cluster->AdvanceTo(100);
  EXPECT_THAT(world.recorder.Of(Recorder::FINISHED),
              ElementsAre(Recorder::Record{Recorder::FINISHED, 7, 0, 0, 6}));
}

TEST(Cluster, EventsOfEqualTimeApplyAsListed) {
  ClusterOptions options = One(ServerOf(1));
  options.events = {{ServerEvent::SET_SPEED, 0, 1, 0.5}, {ServerEvent::SET_SPEED, 0, 1, 0.25}};
  World world(options, {});
  world.cluster->AdvanceTo(1);
  EXPECT_EQ(world.cluster->speed_factor(0), 0.25);
}

TEST(Cluster, ANeighbourIsThereOnItsShareOfTheTime) {
  ClusterOptions options = One(ServerOf(1));
  options.events = {{ServerEvent::COLOCATION, 0, 0, 0.5, 0.3, 15}};
  World world(options, {});
  // The share seen in T s has a standard deviation of sqrt(2 share (1-share) tau / T), tau = 15 s x 0.7:
  // 0.0015 here; 5 of them bound the failure probability over seeds by 1e-6.
  int present = 0;
  constexpr int kSamples = 2000000;
  for (int i = 1; i <= kSamples; ++i) {
    world.cluster->AdvanceTo(i);
    present += world.cluster->speed_factor(0) == 0.5;
  }
  EXPECT_NEAR(static_cast<double>(present) / kSamples, 0.3, 0.0075);
}

TEST(Cluster, ALaterColocationReplacesTheEarlier) {
  ClusterOptions options = One(ServerOf(1));
  options.events = {{ServerEvent::COLOCATION, 0, 0, 0.5, 1, 15},
                    {ServerEvent::SET_SPEED, 0, 1, 0.5},
                    {ServerEvent::COLOCATION, 0, 2, 0.5, 0, 15}};
  World world(options, {});
  world.cluster->AdvanceTo(0);
  EXPECT_EQ(world.cluster->speed_factor(0), 0.5);
  world.cluster->AdvanceTo(1);
  EXPECT_EQ(world.cluster->speed_factor(0), 0.25);
  world.cluster->AdvanceTo(1000);
  EXPECT_EQ(world.cluster->speed_factor(0), 0.5);
}

TEST(Cluster, TellsOpeningsARoundTripLateAndEndsAFinLagLate) {
  ClusterOptions options = One(ServerOf(1));
  options.round_trip_s = 0.5;
  options.fin_lag_s = 0.25;
  World world(options, {{1, 2, 0, 0}});
  world.cluster->AdvanceTo(10);
  using R = Recorder;
  EXPECT_THAT(world.recorder.records,
              ElementsAre(R::Record{R::PICKED, 1, 0, 0, 0}, R::Record{R::OPENED, 1.5, 0, 0, 0},
                          R::Record{R::FINISHED, 3.25, 0, 0, 2}));
}

TEST(Cluster, CountsATrueEndBeforeItIsTold) {
  ClusterOptions options = One(ServerOf(1));
  options.fin_lag_s = 1;
  World world(options, {{1, 2, 0, 0}});
  world.cluster->AdvanceTo(3.5);
  EXPECT_EQ(world.cluster->flows_finished(), 1u);
  EXPECT_EQ(world.cluster->flows(0), 0);
  EXPECT_THAT(world.recorder.FlowsOf(Recorder::FINISHED), IsEmpty());
}

TEST(Cluster, NeverTellsAnEndBeforeItsOpening) {
  ClusterOptions options = One(ServerOf(1, /*workers=*/1, /*backlog=*/1));
  options.events = {{ServerEvent::REMOVE, 0, 2.25}};
  options.round_trip_s = 1;
  // Done before it is opened; reset before it is opened; refused.
  World world(options, {{0, 0.5, 0, 0}, {2, 5, 0, 0}, {2, 5, 0, 0}, {2, 5, 0, 0}});
  world.cluster->AdvanceTo(10);
  using R = Recorder;
  EXPECT_THAT(world.recorder.FlowsOf(R::OPENED), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(world.recorder.Of(R::FINISHED), ElementsAre(R::Record{R::FINISHED, 1, 0, 0, 0.5}));
  EXPECT_THAT(world.recorder.FlowsOf(R::REJECTED), ElementsAre(3, 1, 2));
  for (const auto& rejected : world.recorder.Of(R::REJECTED)) EXPECT_EQ(rejected.time_s, 3);
  for (uint64_t flow = 0; flow < 4; ++flow) {
    std::vector<R::Kind> kinds;
    for (const auto& record : world.recorder.records) {
      if (record.flow_id == flow) kinds.push_back(record.kind);
    }
    EXPECT_THAT(kinds, ElementsAre(R::PICKED, R::OPENED, flow == 0 ? R::FINISHED : R::REJECTED));
  }
}

WorkloadOptions Busy() {
  WorkloadOptions workload;
  workload.flows_per_second = 30;
  workload.bursts.log_std = 0.5;
  workload.classes[0].mean_s = 0.1;
  return workload;
}

ClusterOptions Eventful() {
  ClusterOptions options;
  options.servers = {ServerOf(1, 4, 4), ServerOf(2, 4, 4), ServerOf(1, 4, 4)};
  options.events = {{ServerEvent::COLOCATION, 0, 0, 0.5, 0.5, 3},
                    {ServerEvent::SET_SPEED, 1, 20, 0.3},
                    {ServerEvent::REMOVE, 2, 40},
                    {ServerEvent::ADD, 2, 60}};
  options.round_trip_s = 0.01;
  options.fin_lag_s = 0.005;
  return options;
}

std::vector<Recorder::Record> Play(uint64_t seed, double step_s, int shift) {
  Recorder recorder;
  recorder.pick = [shift](uint64_t flow_id, const Flow&) { return static_cast<int>((flow_id + shift) % 3); };
  auto cluster = *Cluster::Create(Eventful(), *MakeWorkload(Busy(), seed), seed, &recorder);
  for (double time_s = 0; time_s <= 100; time_s += step_s) cluster->AdvanceTo(time_s);
  cluster->AdvanceTo(100);
  EXPECT_FALSE(recorder.Of(Recorder::REJECTED).empty());
  return recorder.records;
}

TEST(Cluster, TheSameSeedIsTheSameRunBitForBit) {
  EXPECT_TRUE(Play(5, 100, 0) == Play(5, 100, 0));
  EXPECT_FALSE(Play(5, 100, 0) == Play(6, 100, 0));
}

TEST(Cluster, TheStepsItIsAdvancedByDoNotMatter) { EXPECT_TRUE(Play(5, 100, 0) == Play(5, 0.25, 0)); }

TEST(Cluster, ArrivalsDoNotDependOnThePolicy) {
  auto times = [](const std::vector<Recorder::Record>& records) {
    std::vector<double> times;
    for (const auto& record : records) {
      if (record.kind == Recorder::PICKED) times.push_back(record.time_s);
    }
    return times;
  };
  EXPECT_EQ(times(Play(5, 100, 0)), times(Play(5, 100, 1)));
}

TEST(Cluster, EveryFlowEndsOnce) {
  ClusterOptions options = Eventful();
  Recorder recorder;
  recorder.pick = [](uint64_t flow_id, const Flow&) { return static_cast<int>(flow_id % 3); };
  auto cluster = *Cluster::Create(options, *MakeWorkload(Busy(), 1), 1, &recorder);
  cluster->AdvanceTo(100);
  uint64_t present = 0;
  for (int server = 0; server < 3; ++server) present += cluster->flows(server);
  EXPECT_EQ(cluster->flows_arrived(), cluster->flows_finished() + cluster->flows_rejected() + present);
  std::vector<uint64_t> ended = recorder.FlowsOf(Recorder::FINISHED);
  for (uint64_t flow : recorder.FlowsOf(Recorder::REJECTED)) ended.push_back(flow);
  std::sort(ended.begin(), ended.end());
  EXPECT_EQ(std::adjacent_find(ended.begin(), ended.end()), ended.end());
}

}  // namespace
}  // namespace evenkeel::sim
