// How the LBs of a simulated world exchange counts; the schedule itself is tested in count_exchange_test.cc.
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "lb_shim/paper_worlds.h"
#include "lb_shim/sim_world.h"

namespace evenkeel {
namespace {

std::unique_ptr<SimWorld> MakeWorld(const v1::Experiment& experiment) {
  WorldSeed seed;
  seed.trace_seed = 1;
  absl::StatusOr<std::unique_ptr<SimWorld>> world = SimWorld::Create(experiment, seed);
  EXPECT_TRUE(world.ok()) << world.status();
  return *std::move(world);
}

// 2 LBs that exchange counts.
v1::Experiment Exchanging(bool staggered, double delay_s = 0) {
  v1::Experiment experiment = ModerateExperiment();
  experiment.mutable_agent()->set_exchange(true);
  v1::Exchange* exchange = experiment.mutable_topology()->mutable_exchange();
  exchange->set_period_seconds(0.25);
  exchange->set_staggered(staggered);
  exchange->set_delay_seconds(delay_s);
  return experiment;
}

// 2 LBs that exchange counts every 100 ms, at the same time.
v1::Experiment TwoServersThatNeverFinish() {
  v1::Experiment experiment = Exchanging(false);
  experiment.mutable_topology()->mutable_exchange()->set_period_seconds(0.1);
  experiment.mutable_topology()->clear_servers();
  v1::ServerGroup* slow = experiment.mutable_topology()->add_servers();
  slow->set_count(2);
  slow->set_workers(3000);
  slow->set_speed(1e-6);
  return experiment;
}

v1::Controls LikeWeights() {
  v1::Controls controls;
  controls.add_servers()->set_weight(1);
  controls.add_servers()->set_weight(1);
  return controls;
}

v1::Controls FreshCountsAct(float seconds) {
  v1::Controls controls = LikeWeights();
  controls.set_exchange_smoothing(0.9f);
  controls.set_exchange_fresh_gain(1000);
  controls.set_exchange_fresh_seconds(seconds);
  return controls;
}

v1::Observation Observe(SimWorld* world, int lb) {
  v1::Observation observation;
  EXPECT_TRUE(world->lb(lb)->Observe(&observation).ok());
  return observation;
}

std::vector<float> Values(const google::protobuf::RepeatedField<float>& values) {
  return {values.begin(), values.end()};
}

void SetGain(float gain, SimWorld* world) {
  v1::Controls controls;
  for (float weight : world->nominal_weights()) controls.add_servers()->set_weight(weight);
  controls.set_exchange_gain(gain);
  controls.set_exchange_smoothing(0.5f);
  for (int i = 0; i < world->lbs(); ++i) ASSERT_TRUE(world->lb(i)->Apply(controls).ok());
}

// Every observation of 20 s without the field that tells of others, and all durations, with agents that set
// `gain`.
std::string Trail(SimWorld* world, float gain) {
  SetGain(gain, world);
  std::string trail;
  for (double time_s = 0.25; time_s <= 20; time_s += 0.25) {
    world->AdvanceTo(time_s);
    for (int i = 0; i < world->lbs(); ++i) {
      v1::Observation seen = Observe(world, i);
      seen.clear_others_open_flows();
      trail += seen.SerializeAsString();
    }
  }
  for (float duration : world->statistics().classes[0].durations_s) trail += std::to_string(duration);
  return trail;
}

TEST(SimWorldExchange, WithoutItTheFieldIsEmptyAndTheGainDoesNothing) {
  const std::unique_ptr<SimWorld> plain = MakeWorld(ModerateExperiment());
  const std::unique_ptr<SimWorld> with_gain = MakeWorld(ModerateExperiment());
  EXPECT_TRUE(Trail(plain.get(), 0) == Trail(with_gain.get(), 5));
  EXPECT_EQ(Observe(with_gain.get(), 0).others_open_flows_size(), 0);
}

TEST(SimWorldExchange, WithoutAGainItChangesNothingButWhatIsSeen) {
  const std::unique_ptr<SimWorld> plain = MakeWorld(ModerateExperiment());
  const std::unique_ptr<SimWorld> exchanging = MakeWorld(Exchanging(true));
  const std::unique_ptr<SimWorld> with_gain = MakeWorld(Exchanging(true));
  const std::string trail = Trail(plain.get(), 0);
  EXPECT_TRUE(trail == Trail(exchanging.get(), 0));
  EXPECT_FALSE(trail == Trail(with_gain.get(), 1));
  EXPECT_EQ(Observe(exchanging.get(), 0).others_open_flows_size(), 7);
}

TEST(SimWorldExchange, BeforeTheFirstUpdateTheOthersHaveNothing) {
  const std::unique_ptr<SimWorld> world = MakeWorld(Exchanging(true));
  world->AdvanceTo(0.12);  // LB 1 receives at 0.125
  EXPECT_EQ(Values(Observe(world.get(), 1).others_open_flows()), std::vector<float>(7, 0));
}

TEST(SimWorldExchange, AllAtOnceEachSeesWhatTheOtherHasAtThatInstant) {
  const std::unique_ptr<SimWorld> world = MakeWorld(Exchanging(false));
  for (double time_s = 0.25; time_s < 5; time_s += 0.25) {
    world->AdvanceTo(time_s);
    const v1::Observation zero = Observe(world.get(), 0), one = Observe(world.get(), 1);
    EXPECT_EQ(Values(zero.others_open_flows()), Values(one.open_flows()));
    EXPECT_EQ(Values(one.others_open_flows()), Values(zero.open_flows()));
  }
}

TEST(SimWorldExchange, StaggeredTheSecondOfTwoReceivesHalfAPeriodLater) {
  const std::unique_ptr<SimWorld> world = MakeWorld(Exchanging(true));
  bool counts_moved_on = false;
  for (double time_s = 0.125; time_s < 5; time_s += 0.25) {
    world->AdvanceTo(time_s);
    const std::vector<float> sent = Values(Observe(world.get(), 0).open_flows());
    EXPECT_EQ(Values(Observe(world.get(), 1).others_open_flows()), sent);
    world->AdvanceTo(time_s + 0.2);
    EXPECT_EQ(Values(Observe(world.get(), 1).others_open_flows()), sent);
    counts_moved_on |= Values(Observe(world.get(), 0).open_flows()) != sent;
  }
  EXPECT_TRUE(counts_moved_on);
}

TEST(SimWorldExchange, DelayedCountsAreThoseOfThatTime) {
  const std::unique_ptr<SimWorld> world = MakeWorld(Exchanging(false, 0.1));
  for (int step = 1; step < 20; ++step) {
    world->AdvanceTo(0.25 * step - 0.1);
    const std::vector<float> sent = Values(Observe(world.get(), 0).open_flows());
    world->AdvanceTo(0.25 * step);
    EXPECT_EQ(Values(Observe(world.get(), 1).others_open_flows()), sent) << step;
  }
}

TEST(SimWorldExchange, AnUpdateActsAtOnceBetweenTwoStepsOfTheAgents) {
  const std::unique_ptr<SimWorld> world = MakeWorld(TwoServersThatNeverFinish());
  v1::Controls controls = LikeWeights();
  controls.set_exchange_gain(1000);
  ASSERT_TRUE(world->lb(0)->Apply(controls).ok());
  controls.mutable_servers(1)->set_weight(0);  // LB 1 fills server 0
  ASSERT_TRUE(world->lb(1)->Apply(controls).ok());
  world->AdvanceTo(0.1);
  const v1::Observation before = Observe(world.get(), 0);
  EXPECT_GT(before.flows_sent(0), 0);
  EXPECT_GT(before.others_open_flows(0), 0);
  world->AdvanceTo(0.25);
  const v1::Observation after = Observe(world.get(), 0);
  EXPECT_EQ(after.flows_sent(0), 0);
  EXPECT_GT(after.flows_sent(1), 0);
}

TEST(SimWorldExchange, FreshCountsActForSoLongAfterAnUpdateAndNoLonger) {
  const std::unique_ptr<SimWorld> world = MakeWorld(TwoServersThatNeverFinish());
  v1::Controls controls = FreshCountsAct(0.04f);
  ASSERT_TRUE(world->lb(0)->Apply(controls).ok());
  controls.mutable_servers(1)->set_weight(0);  // LB 1 fills server 0
  ASSERT_TRUE(world->lb(1)->Apply(controls).ok());
  world->AdvanceTo(0.1);
  Observe(world.get(), 0);
  world->AdvanceTo(0.135);
  const v1::Observation fresh = Observe(world.get(), 0);
  EXPECT_EQ(fresh.flows_sent(0), 0);
  EXPECT_GT(fresh.flows_sent(1), 0);
  world->AdvanceTo(0.141);
  Observe(world.get(), 0);
  world->AdvanceTo(0.199);
  // LB 0 has more of its own on server 1 now, and evens that out.
  EXPECT_GT(Observe(world.get(), 0).flows_sent(0), 0);
  world->AdvanceTo(0.21);
  EXPECT_EQ(Observe(world.get(), 0).flows_sent(0), 0);
}

TEST(SimWorldExchange, CountsThatComeLateAreNotFresh) {
  v1::Experiment experiment = TwoServersThatNeverFinish();
  v1::Controls controls = FreshCountsAct(0.09f);
  for (const double delay_s : {0.05, 0.095}) {
    experiment.mutable_topology()->mutable_exchange()->set_delay_seconds(delay_s);
    const std::unique_ptr<SimWorld> world = MakeWorld(experiment);
    ASSERT_TRUE(world->lb(0)->Apply(controls).ok());
    v1::Controls one_server = controls;
    one_server.mutable_servers(1)->set_weight(0);  // LB 1 fills server 0
    ASSERT_TRUE(world->lb(1)->Apply(one_server).ok());
    world->AdvanceTo(0.1);
    Observe(world.get(), 0);
    world->AdvanceTo(0.138);
    const v1::Observation after = Observe(world.get(), 0);
    if (delay_s < 0.09) {
      EXPECT_EQ(after.flows_sent(0), 0);
    } else {
      EXPECT_GT(after.flows_sent(0), 0);
    }
    EXPECT_GT(after.flows_sent(1), 0);
    EXPECT_FLOAT_EQ(after.others_age_seconds(), static_cast<float>(delay_s));
  }
}

TEST(SimWorldExchange, LostUpdatesLeaveTheOldOnesStanding) {
  v1::Experiment experiment = Exchanging(false);
  experiment.mutable_topology()->mutable_exchange()->set_loss(1);
  const std::unique_ptr<SimWorld> world = MakeWorld(experiment);
  world->AdvanceTo(5);
  EXPECT_EQ(Values(Observe(world.get(), 1).others_open_flows()), std::vector<float>(7, 0));
}

TEST(SimWorldExchange, TheHeuristicThatNeedsItHasItInAnyWorld) {
  v1::Experiment experiment = Exchanging(true);
  experiment.mutable_agent()->set_exchange(false);
  experiment.mutable_algorithm()->set_name("sed_exchange");
  EXPECT_EQ(Observe(MakeWorld(experiment).get(), 0).others_open_flows_size(), 7);
  experiment.mutable_algorithm()->set_name("sed");
  EXPECT_EQ(Observe(MakeWorld(experiment).get(), 0).others_open_flows_size(), 0);
}

TEST(SimWorldExchange, SettingsThatMakeNoSenseAreNamed) {
  const std::vector<std::pair<std::string, void (*)(v1::Exchange*)>> cases = {
      {"topology.exchange.period_seconds", [](v1::Exchange* e) { e->set_period_seconds(0); }},
      {"topology.exchange.delay_seconds", [](v1::Exchange* e) { e->set_delay_seconds(-1); }},
      {"random_delay_seconds", [](v1::Exchange* e) { e->set_random_delay_seconds(-1); }},
      {"topology.exchange.loss", [](v1::Exchange* e) { e->set_loss(1.5); }},
      {"updates of 2 LBs would be under way at once", [](v1::Exchange* e) { e->set_delay_seconds(1e7); }},
  };
  for (const auto& [message, spoil] : cases) {
    v1::Experiment experiment = Exchanging(true);
    spoil(experiment.mutable_topology()->mutable_exchange());
    const absl::Status status = SimWorld::Create(experiment, WorldSeed()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << message;
    EXPECT_NE(status.message().find(message), absl::string_view::npos) << status;
  }
}

}  // namespace
}  // namespace evenkeel
