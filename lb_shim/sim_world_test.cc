#include "lb_shim/sim_world.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "lb_shim/paper_worlds.h"

namespace evenkeel {
namespace {

using Worlds = std::unique_ptr<SimWorld>;

Worlds MakeWorld(const v1::Experiment& experiment, uint64_t seed = 1, bool held_out = false) {
  WorldSeed world_seed;
  world_seed.trace_seed = seed;
  world_seed.held_out = held_out;
  absl::StatusOr<Worlds> world = SimWorld::Create(experiment, world_seed);
  EXPECT_TRUE(world.ok()) << world.status();
  return *std::move(world);
}

v1::Controls Same(v1::DispatchMode mode, const std::vector<float>& weights) {
  v1::Controls controls;
  controls.set_mode(mode);
  for (float weight : weights) controls.add_servers()->set_weight(weight);
  return controls;
}

void ApplyToAll(const v1::Controls& controls, SimWorld* world) {
  for (int i = 0; i < world->lbs(); ++i) ASSERT_TRUE(world->lb(i)->Apply(controls).ok());
}

v1::Observation Observe(SimWorld* world, int lb) {
  v1::Observation observation;
  EXPECT_TRUE(world->lb(lb)->Observe(&observation).ok());
  return observation;
}

double Sum(const google::protobuf::RepeatedField<float>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0);
}

size_t Finished(SimWorld* world) {
  size_t flows = 0;
  for (const auto& flow_class : world->statistics().classes) flows += flow_class.durations_s.size();
  return flows;
}

uint64_t Rejected(SimWorld* world) {
  uint64_t flows = 0;
  for (const auto& flow_class : world->statistics().classes) flows += flow_class.rejected;
  return flows;
}

v1::ServerEvent* AddEvent(v1::ServerEvent::Kind kind, int server, double at_s, v1::Experiment* experiment) {
  v1::ServerEvent* event = experiment->mutable_topology()->add_events();
  event->set_kind(kind);
  event->set_server(server);
  event->set_at_seconds(at_s);
  return event;
}

TEST(SimWorld, GroupsBecomeServersWithTheirNominalWeights) {
  v1::Experiment experiment = ModerateExperiment();
  experiment.mutable_topology()->mutable_servers(1)->set_nominal_weight(3);
  Worlds world = MakeWorld(experiment);
  EXPECT_EQ(world->lbs(), 2);
  EXPECT_EQ(world->servers(), 7);
  EXPECT_EQ(world->nominal_weights(), (std::vector<float>{2, 2, 2, 2, 3, 3, 3}));
}

TEST(SimWorld, TheSameSeedGivesTheSameRun) {
  Worlds a = MakeWorld(ModerateExperiment()), b = MakeWorld(ModerateExperiment());
  for (double time = 0.25; time < 20; time += 0.25) {
    a->AdvanceTo(time);
    b->AdvanceTo(time);
    for (int i = 0; i < 2; ++i) {
      ASSERT_EQ(Observe(a.get(), i).SerializeAsString(), Observe(b.get(), i).SerializeAsString());
    }
  }
}

TEST(SimWorld, ArrivalsDoNotDependOnThePolicy) {
  Worlds a = MakeWorld(ModerateExperiment()), b = MakeWorld(ModerateExperiment());
  ApplyToAll(Same(v1::WEIGHTED_RANDOM, b->nominal_weights()), b.get());
  bool picks_differ = false;
  for (double time = 0.25; time < 10; time += 0.25) {
    a->AdvanceTo(time);
    b->AdvanceTo(time);
    for (int i = 0; i < 2; ++i) {
      const v1::Observation seen_a = Observe(a.get(), i), seen_b = Observe(b.get(), i);
      ASSERT_EQ(Sum(seen_a.flows_sent()), Sum(seen_b.flows_sent()));
      picks_differ |= seen_a.flows_sent(0) != seen_b.flows_sent(0);
    }
  }
  EXPECT_TRUE(picks_differ);
}

TEST(SimWorld, TrainingNeverDrawsAHeldOutTrace) {
  std::vector<std::vector<float>> traces;
  for (bool held_out : {false, true}) {
    for (uint64_t seed = 0; seed < 20; ++seed) {
      Worlds world = MakeWorld(ModerateExperiment(), seed, held_out);
      world->AdvanceTo(1);
      traces.push_back(world->statistics().classes[0].durations_s);
    }
  }
  for (size_t i = 0; i < traces.size(); ++i) {
    for (size_t k = 0; k < i; ++k) EXPECT_NE(traces[i], traces[k]) << i << " " << k;
  }
}

TEST(SimWorld, EachLbSeesItsOwnFlowsAndTogetherAllOfThem) {
  v1::Experiment experiment = ModerateExperiment();
  experiment.mutable_topology()->add_lb_shares(3);
  experiment.mutable_topology()->add_lb_shares(1);
  Worlds world = MakeWorld(experiment);
  world->AdvanceTo(20);
  const v1::Observation first = Observe(world.get(), 0), second = Observe(world.get(), 1);
  EXPECT_NEAR(Sum(first.flows_sent()) / Sum(second.flows_sent()), 3,
              0.2);  // 6 sd of a share of 1/4 in 13,800 flows
  EXPECT_EQ(Sum(first.flows_finished()) + Sum(second.flows_finished()), Finished(world.get()));
  for (const v1::Observation* seen : {&first, &second}) {
    EXPECT_EQ(Sum(seen->flows_sent()),
              Sum(seen->open_flows()) + Sum(seen->flows_finished()) + Sum(seen->flows_rejected()));
  }
}

TEST(SimWorld, BusyWorkersAreSeenByTheProbingAlgorithmOnly) {
  v1::Experiment experiment = ModerateExperiment();
  experiment.mutable_algorithm()->set_name("sed");
  Worlds blind = MakeWorld(experiment);
  experiment.mutable_algorithm()->set_name("awcmp");
  Worlds probing = MakeWorld(experiment);
  blind->AdvanceTo(5);
  probing->AdvanceTo(5);
  EXPECT_EQ(Observe(blind.get(), 0).busy_workers_size(), 0);
  const v1::Observation seen = Observe(probing.get(), 0), other = Observe(probing.get(), 1);
  ASSERT_EQ(seen.busy_workers_size(), 7);
  for (int j = 0; j < 7; ++j) EXPECT_EQ(seen.busy_workers(j), seen.open_flows(j) + other.open_flows(j));
}

TEST(SimWorld, WeightsZeroReceiveNothing) {
  Worlds world = MakeWorld(ModerateExperiment());
  ApplyToAll(Same(v1::SHORTEST_EXPECTED_DELAY, {1, 0, 1, 1, 1, 1, 1}), world.get());
  world->AdvanceTo(5);
  EXPECT_EQ(world->statistics().server_flows[1], 0);
  EXPECT_GT(world->statistics().server_flows[0], 0);
}

TEST(SimWorld, RefusedControlsChangeNothing) {
  Worlds a = MakeWorld(ModerateExperiment()), b = MakeWorld(ModerateExperiment());
  v1::Controls unknown_mode = Same(v1::SHORTEST_EXPECTED_DELAY, b->nominal_weights());
  unknown_mode.set_mode(static_cast<v1::DispatchMode>(99));
  for (const v1::Controls& bad :
       {Same(v1::WEIGHTED_RANDOM, {1, 2}), Same(v1::WEIGHTED_RANDOM, {0, 0, 0, 0, 0, 0, 0}),
        Same(v1::WEIGHTED_RANDOM, {1, 1, 1, 1, 1, 1, NAN}), unknown_mode}) {
    EXPECT_EQ(b->lb(0)->Apply(bad).code(), absl::StatusCode::kInvalidArgument);
  }
  a->AdvanceTo(5);
  b->AdvanceTo(5);
  EXPECT_EQ(Observe(a.get(), 0).SerializeAsString(), Observe(b.get(), 0).SerializeAsString());
}

TEST(SimWorld, ServersThatDrainOrGoArePickedNoMoreAndComeBackWithoutAPast) {
  v1::Experiment experiment = ModerateExperiment();
  experiment.mutable_workload()->set_flows_per_second(300);
  AddEvent(v1::ServerEvent::DRAIN, 0, 2, &experiment);
  AddEvent(v1::ServerEvent::REMOVE, 6, 2, &experiment);
  AddEvent(v1::ServerEvent::ADD, 0, 6, &experiment);
  Worlds world = MakeWorld(experiment);
  world->AdvanceTo(2);
  v1::Observation seen = Observe(world.get(), 0);
  EXPECT_EQ(seen.available(0), 0);
  EXPECT_EQ(seen.available(1), 1);
  EXPECT_EQ(seen.open_flows(6), 0);  // reset with the server
  world->AdvanceTo(5.9);
  seen = Observe(world.get(), 0);
  EXPECT_EQ(seen.flows_sent(0), 0);
  EXPECT_EQ(seen.flows_sent(6), 0);
  EXPECT_EQ(seen.open_flows(0), 0);
  EXPECT_GT(seen.flow_duration_mean(0), 0);
  world->AdvanceTo(6);
  seen = Observe(world.get(), 0);
  EXPECT_EQ(seen.available(0), 1);
  EXPECT_EQ(seen.flow_duration_mean(0), 0);
  world->AdvanceTo(8);
  EXPECT_GT(Observe(world.get(), 0).flows_sent(0), 0);
}

TEST(SimWorld, WithoutAnyServerEveryFlowIsRejected) {
  v1::Experiment experiment = ModerateExperiment();
  for (int j = 0; j < 7; ++j) AddEvent(v1::ServerEvent::DRAIN, j, 0, &experiment);
  Worlds world = MakeWorld(experiment);
  world->AdvanceTo(1);
  EXPECT_EQ(Finished(world.get()), 0u);
  EXPECT_GT(Rejected(world.get()), 500u);
  EXPECT_EQ(Sum(Observe(world.get(), 0).flows_sent()), 0);
}

TEST(SimWorld, FlowsThatArrivedBeforeTheResetNeverEnterTheStatistics) {
  v1::Experiment experiment = ModerateExperiment();
  experiment.mutable_topology()->clear_servers();
  v1::ServerGroup* slow = experiment.mutable_topology()->add_servers();
  slow->set_workers(3000);
  slow->set_vcpus(1);
  slow->set_speed(1e-6);  // nothing finishes while flows arrive
  AddEvent(v1::ServerEvent::REMOVE, 0, 2, &experiment);
  Worlds world = MakeWorld(experiment);
  world->AdvanceTo(1);
  world->ResetStatistics();
  const double sent_before =
      Sum(Observe(world.get(), 0).flows_sent()) + Sum(Observe(world.get(), 1).flows_sent());
  EXPECT_GT(sent_before, 500);
  world->AdvanceTo(1.999);
  EXPECT_EQ(Rejected(world.get()), 0u);
  const double sent_after = world->statistics().server_flows[0];
  world->AdvanceTo(2);
  EXPECT_NEAR(static_cast<double>(Rejected(world.get())), sent_after,
              12);  // and those of the last millisecond
}

TEST(SimWorld, BusyShareIsTheLoad) {
  Worlds world = MakeWorld(ModerateExperiment());
  world->AdvanceTo(20);
  world->ResetStatistics();
  world->AdvanceTo(320);
  double busy = 0;
  for (int j = 0; j < 7; ++j) busy += world->statistics().server_busy_share[j] * (j < 4 ? 2 : 4);
  // 690.9 x (0.433 x 52 ms + 0.567 x 1.7 ms) = 16.22 vCPUs; standard deviation over 300 s about 0.08, so 8 of
  // them.
  EXPECT_NEAR(busy, 16.22, 0.65);
}

TEST(SimWorld, TrueCountsBeatOwnCountsAndKnowingTheWorkIsNoWorse) {
  double mean[3];
  const v1::DispatchMode modes[3] = {v1::SHORTEST_EXPECTED_DELAY, v1::TRUE_COUNTS, v1::LEAST_ADDED_DELAY};
  for (int i = 0; i < 3; ++i) {
    Worlds world = MakeWorld(LargeExperiment());
    ApplyToAll(Same(modes[i], world->nominal_weights()), world.get());
    world->AdvanceTo(200);
    const std::vector<float>& durations = world->statistics().classes[0].durations_s;
    mean[i] = std::accumulate(durations.begin(), durations.end(), 0.0) / durations.size();
  }
  EXPECT_LT(mean[1], 0.92 * mean[0]);             // reference: -12.4 %
  EXPECT_NEAR(mean[2], mean[1], 0.02 * mean[1]);  // reference: equal
}

TEST(SimWorld, TheRegretIsThatOfTheDecisions) {
  v1::Experiment experiment = LargeExperiment();
  experiment.mutable_reward()->set_kind(v1::Reward::NEGATIVE_REGRET);
  double regret_s[3], total_s[3];
  const v1::DispatchMode modes[3] = {v1::LEAST_ADDED_DELAY, v1::TRUE_COUNTS, v1::SHORTEST_EXPECTED_DELAY};
  for (int i = 0; i < 3; ++i) {
    Worlds world = MakeWorld(experiment);
    ApplyToAll(Same(modes[i], world->nominal_weights()), world.get());
    world->AdvanceTo(100);
    regret_s[i] = world->TakeCosts().regret_s;
    const std::vector<float>& durations = world->statistics().classes[0].durations_s;
    total_s[i] = std::accumulate(durations.begin(), durations.end(), 0.0);
    EXPECT_EQ(world->TakeCosts().regret_s, 0);  // it was taken
  }
  EXPECT_EQ(regret_s[0], 0);
  EXPECT_GT(regret_s[1], 0);
  EXPECT_GT(regret_s[2], 5 * regret_s[1]);
  // What each decision costs by itself adds up to what they cost together, about: later decisions make up for some.
  EXPECT_GT(regret_s[2], 0.8 * (total_s[2] - total_s[0]));
  EXPECT_LT(regret_s[2], 2 * (total_s[2] - total_s[0]));
}

TEST(SimWorld, ARefusedFlowIsRegrettedAsOneOf40Seconds) {
  // All flows go to the first server, though the others, of weight 0, are idle.
  v1::Experiment experiment = LargeExperiment();
  experiment.mutable_reward()->set_kind(v1::Reward::NEGATIVE_REGRET);
  std::vector<float> weights(MakeWorld(experiment)->servers(), 0.0f);
  weights[0] = 1;
  Worlds world = MakeWorld(experiment);
  ApplyToAll(Same(v1::SHORTEST_EXPECTED_DELAY, weights), world.get());
  world->AdvanceTo(20);
  // About 8,000 flows are sent there; all but those that fit are refused, at 40 s each.
  const double rejected = static_cast<double>(Rejected(world.get()));
  EXPECT_GT(rejected, 6000);
  EXPECT_GT(world->TakeCosts().regret_s, 0.95 * rejected * (kRejectedFlowSeconds - 1));
}

// The gains of all heads of the servers with a factor that is not 1, where the weights in force are `weights`.
double Gains(const std::vector<float>& weights, const std::vector<float>& factors) {
  v1::Experiment experiment = LargeExperiment();
  experiment.mutable_reward()->set_kind(v1::Reward::NEGATIVE_REGRET);
  Worlds world = MakeWorld(experiment);
  ApplyToAll(Same(v1::SHORTEST_EXPECTED_DELAY, weights), world.get());
  for (int i = 0; i < world->lbs(); ++i) world->SetFactors(i, factors);
  world->AdvanceTo(50);
  const std::vector<float> gains = world->TakeCosts().gains_s;
  EXPECT_EQ(gains.size(), static_cast<size_t>(world->lbs() * world->servers()));
  double sum = 0;
  for (size_t head = 0; head < gains.size(); ++head) {
    if (factors[head % factors.size()] == 1) {
      EXPECT_EQ(gains[head], 0) << head;
    }
    sum += gains[head];
  }
  return sum;
}

TEST(SimWorld, AFactorThatRightsTheWeightsGainsAndOneThatSpoilsThemLoses) {
  // Half of the servers are twice as strong as the others, and all weights are even in the end: for them it is good that they were
  // multiplied by 4 and bad that they were halved.
  std::vector<float> even, raised, halved;
  const Worlds world = MakeWorld(LargeExperiment());
  for (float weight : world->nominal_weights()) {
    const bool strong = weight > 5;
    even.push_back(1);
    raised.push_back(strong ? 4 : 1);
    halved.push_back(strong ? 0.5f : 1);
  }
  EXPECT_GT(Gains(/*weights=*/even, /*factors=*/raised), 0);
  EXPECT_LT(Gains(/*weights=*/even, /*factors=*/halved), 0);
  EXPECT_EQ(Gains(/*weights=*/even, /*factors=*/even), 0);
}

TEST(SimWorld, RegretIsMeasuredInTrainingForTheRewardThatReadsItOnly) {
  v1::Experiment experiment = LargeExperiment();
  Worlds other_reward = MakeWorld(experiment);
  experiment.mutable_reward()->set_kind(v1::Reward::NEGATIVE_REGRET);
  Worlds held_out = MakeWorld(experiment, 1, /*held_out=*/true), read = MakeWorld(experiment);
  for (SimWorld* world : {other_reward.get(), held_out.get(), read.get()}) world->AdvanceTo(5);
  EXPECT_EQ(other_reward->TakeCosts().regret_s, 0);
  EXPECT_EQ(held_out->TakeCosts().regret_s, 0);
  EXPECT_GT(read->TakeCosts().regret_s, 0);
  EXPECT_EQ(other_reward->statistics().classes[0].durations_s, read->statistics().classes[0].durations_s);
}

TEST(SimWorld, ARoundTripAndAFinLagMakeCountsStale) {
  v1::Experiment experiment = ModerateExperiment();
  experiment.mutable_topology()->set_round_trip_seconds(0.05);
  experiment.mutable_topology()->set_fin_lag_seconds(1);
  Worlds world = MakeWorld(experiment);
  world->AdvanceTo(0.04);
  const v1::Observation early = Observe(world.get(), 0);
  EXPECT_GT(Sum(early.flows_sent()), 0);
  EXPECT_EQ(Sum(early.open_flows()), 0);
  world->AdvanceTo(10);
  // About 345 flows/s end at each LB and are counted one second longer.
  EXPECT_GT(Sum(Observe(world.get(), 0).open_flows()), 250);
}

TEST(SimWorld, ReplaysATraceWithSeparateParts) {
  const std::string path = std::string(testing::TempDir()) + "/trace.tsv";
  std::ofstream file(path);
  file << "time\tquery\n";
  for (int i = 0; i < 1000; ++i)
    file << 0.01 * i << "\t/dummy.php?n=" << (i < 500 ? 1000000 : 2000000) << "\n";
  file.close();
  v1::Experiment experiment = ModerateExperiment();
  v1::Trace* trace = experiment.mutable_workload()->mutable_trace();
  trace->set_path(path);
  trace->set_seconds_per_iteration(1e-8);
  trace->set_speedup(1);
  trace->set_held_out_share(0.5);
  experiment.mutable_training()->set_episode_seconds(4);
  experiment.mutable_evaluation()->set_seconds(4);
  for (bool held_out : {false, true}) {
    Worlds world = MakeWorld(experiment, 1, held_out);
    world->AdvanceTo(4);
    ASSERT_EQ(world->statistics().classes.size(), 1u);
    const std::vector<float>& durations = world->statistics().classes[0].durations_s;
    ASSERT_GT(durations.size(), 300u);
    for (float duration : durations) EXPECT_NEAR(duration, held_out ? 0.02 : 0.01, 0.002);
  }
  std::remove(path.c_str());
}

TEST(SimWorld, WithoutAReservoirOnlyTheFeaturesMadeOfItAreMissing) {
  v1::Experiment experiment = ModerateExperiment();
  Worlds with = MakeWorld(experiment);
  experiment.mutable_agent()->set_reservoir_samples(0);
  Worlds without = MakeWorld(experiment);
  for (double time = 0.25; time < 5; time += 0.25) {
    with->AdvanceTo(time);
    without->AdvanceTo(time);
    v1::Observation seen = Observe(with.get(), 0);
    for (auto* feature : {seen.mutable_flow_duration_mean(), seen.mutable_flow_duration_p90(),
                          seen.mutable_flow_duration_std(), seen.mutable_flow_duration_mean_decayed(),
                          seen.mutable_flow_duration_p90_decayed()}) {
      std::fill(feature->begin(), feature->end(), 0.0f);
    }
    ASSERT_EQ(seen.SerializeAsString(), Observe(without.get(), 0).SerializeAsString());
  }
}

TEST(SimWorld, NamesTheFieldThatIsWrong) {
  const std::vector<std::pair<std::string, std::function<void(v1::Experiment*)>>> cases = {
      {"topology.lbs", [](v1::Experiment* e) { e->mutable_topology()->set_lbs(0); }},
      {"topology.lb_shares", [](v1::Experiment* e) { e->mutable_topology()->add_lb_shares(1); }},
      {"topology.servers", [](v1::Experiment* e) { e->mutable_topology()->clear_servers(); }},
      {"topology.servers",
       [](v1::Experiment* e) { e->mutable_topology()->mutable_servers(0)->set_count(257); }},
      {"topology.servers[1].nominal_weight",
       [](v1::Experiment* e) { e->mutable_topology()->mutable_servers(1)->set_nominal_weight(0); }},
      {"workers", [](v1::Experiment* e) { e->mutable_topology()->mutable_servers(0)->set_workers(0); }},
      {"topology.events[0].kind",
       [](v1::Experiment* e) { e->mutable_topology()->add_events()->set_server(1); }},
      {"topology.events[0].server", [](v1::Experiment* e) { AddEvent(v1::ServerEvent::DRAIN, 7, 0, e); }},
      {"workload.flows_per_second",
       [](v1::Experiment* e) { e->mutable_workload()->set_flows_per_second(0); }},
      {"workload.classes[0]",
       [](v1::Experiment* e) { e->mutable_workload()->mutable_classes(0)->clear_work(); }},
      {"agent.reservoir_samples",
       [](v1::Experiment* e) { e->mutable_agent()->set_reservoir_samples(70000); }},
      {"agent.reservoir_probability",
       [](v1::Experiment* e) { e->mutable_agent()->set_reservoir_probability(1.5); }},
      {"agent.duration_decay_per_second",
       [](v1::Experiment* e) { e->mutable_agent()->set_duration_decay_per_second(0); }},
  };
  for (const auto& wrong : cases) {
    v1::Experiment experiment = ModerateExperiment();
    wrong.second(&experiment);
    const absl::Status status = SimWorld::Create(experiment, WorldSeed()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << wrong.first;
    EXPECT_NE(status.message().find(wrong.first), absl::string_view::npos) << status;
  }
}

TEST(SimWorld, AMissingTraceFileIsNamed) {
  v1::Experiment experiment = ModerateExperiment();
  experiment.mutable_workload()->mutable_trace()->set_path("/no/such/trace.csv");
  experiment.mutable_workload()->mutable_trace()->set_seconds_per_iteration(1e-8);
  const absl::Status status = SimWorld::Create(experiment, WorldSeed()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_NE(status.message().find("/no/such/trace.csv"), absl::string_view::npos) << status;
}

TEST(SimWorld, AFlashCrowdOfTheExperimentReachesTheArrivals) {
  v1::Experiment experiment = LargeExperiment();
  v1::FlashCrowd* crowd = experiment.mutable_workload()->mutable_flash_crowd();
  crowd->set_at_seconds(10);
  crowd->set_seconds(10);
  crowd->set_factor(0.01);  // the opposite of a crowd: 4 flows a second
  const Worlds world = MakeWorld(experiment);
  for (int i = 0; i < world->lbs(); ++i)
    EXPECT_TRUE(world->lb(i)->Apply(Same(v1::SHORTEST_EXPECTED_DELAY, world->nominal_weights())).ok());
  world->AdvanceTo(15);
  world->ResetStatistics();
  world->AdvanceTo(20);
  EXPECT_LT(world->statistics().classes[0].durations_s.size(), 100u);
}

}  // namespace
}  // namespace evenkeel
