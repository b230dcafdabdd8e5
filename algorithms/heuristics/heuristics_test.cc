#include "algorithms/heuristics/heuristics.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

namespace evenkeel {
namespace {

using Factory = absl::StatusOr<std::unique_ptr<Policy>> (*)(const PolicyContext&);

constexpr int kServers = 3;

constexpr Factory kAll[] = {&MakeEcmp,        &MakeWcmp,          &MakeAwcmp,         &MakeLsq,
                            &MakeSed,         &MakeP2c,           &MakeSedOwnAverage, &MakeSedFeedback,
                            &MakeSedExchange, &MakeRandomWeights, &MakeSedStatic,     &MakeSedGlobal,
                            &MakeOracle};

v1::Experiment TestExperiment() {
  v1::Experiment experiment;
  experiment.set_seed(7);
  experiment.mutable_agent()->set_step_interval_seconds(0.25);
  experiment.mutable_agent()->set_duration_decay_per_second(0.9);
  for (double level : {1.0, 1.2, 1.4, 1.6, 1.8, 2.0}) experiment.mutable_agent()->add_action_levels(level);
  v1::Algorithm* algorithm = experiment.mutable_algorithm();
  algorithm->mutable_awcmp()->set_smoothing(0.5);
  algorithm->mutable_sed_feedback()->set_gain(0.5);
  algorithm->mutable_sed_feedback()->set_leak(0.1);
  algorithm->mutable_sed_own_average()->set_horizon_seconds(2);
  algorithm->mutable_arc()->set_horizon_seconds(2);
  algorithm->mutable_sed_static()->set_exponent(0.5);
  algorithm->mutable_sed_exchange()->set_gain(1);
  algorithm->mutable_sed_exchange()->set_smoothing(0.9);
  return experiment;
}

// n = 3 servers with nominal weights 1, 2, 4 behind m = 3 LBs; the agent is LB 1.
PolicyContext ContextOf(const v1::Experiment& experiment) {
  PolicyContext context;
  context.experiment = &experiment;
  context.agent = 1;
  context.agents = 3;
  context.servers = kServers;
  context.nominal_weights = {1, 2, 4};
  return context;
}

v1::Observation QuietObservation() {
  v1::Observation o;
  for (int j = 0; j < kServers; ++j) {
    o.add_open_flows(0);
    o.add_flow_duration_mean(0);
    o.add_flow_duration_p90(0);
    o.add_flow_duration_std(0);
    o.add_flow_duration_mean_decayed(0);
    o.add_flow_duration_p90_decayed(0);
    o.add_mean_open_flows(0);
    o.add_flows_sent(0);
    o.add_flows_finished(0);
    o.add_flows_rejected(0);
    o.add_flow_duration_sum(0);
    o.add_busy_workers(0);
    o.add_others_open_flows(0);
    o.add_available(1);
  }
  return o;
}

// A policy in one world, in a round that began.
class OneWorld {
 public:
  explicit OneWorld(Factory factory, v1::Experiment experiment = TestExperiment(), uint64_t episode = 0)
      : experiment_(std::move(experiment)), policy_(factory(ContextOf(experiment_)).value()) {
    RoundContext round;
    round.first_episode = episode;
    policy_->BeginRound(round);
  }

  v1::Controls Act(const v1::Observation& observation) {
    const v1::Observation* observations[] = {&observation};
    v1::Action actions[1];
    const absl::Status status = policy_->Act(observations, absl::MakeSpan(actions));
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(actions[0].levels_size(), 0);
    return actions[0].controls();
  }

  Policy* policy() { return policy_.get(); }

 private:
  const v1::Experiment experiment_;
  const std::unique_ptr<Policy> policy_;
};

std::vector<float> Weights(const v1::Controls& controls) {
  std::vector<float> weights;
  for (const v1::ServerControl& server : controls.servers()) weights.push_back(server.weight());
  return weights;
}

std::vector<float> Biases(const v1::Controls& controls) {
  std::vector<float> biases;
  for (const v1::ServerControl& server : controls.servers()) biases.push_back(server.bias());
  return biases;
}

void ExpectFixed(Factory factory, v1::DispatchMode mode, const std::vector<float>& weights) {
  const v1::Controls controls = OneWorld(factory).Act(QuietObservation());
  EXPECT_EQ(controls.mode(), mode);
  EXPECT_EQ(Weights(controls), weights);
  EXPECT_EQ(Biases(controls), std::vector<float>({0, 0, 0}));
}

TEST(HeuristicsTest, EcmpIsRandomWithEqualWeights) { ExpectFixed(&MakeEcmp, v1::WEIGHTED_RANDOM, {1, 1, 1}); }

TEST(HeuristicsTest, WcmpIsRandomWithNominalWeights) {
  ExpectFixed(&MakeWcmp, v1::WEIGHTED_RANDOM, {1, 2, 4});
}

TEST(HeuristicsTest, LsqIsShortestDelayWithEqualWeights) {
  ExpectFixed(&MakeLsq, v1::SHORTEST_EXPECTED_DELAY, {1, 1, 1});
}

TEST(HeuristicsTest, SedIsShortestDelayWithNominalWeights) {
  ExpectFixed(&MakeSed, v1::SHORTEST_EXPECTED_DELAY, {1, 2, 4});
}

TEST(HeuristicsTest, P2cIsPowerOfTwoWithNominalWeights) {
  ExpectFixed(&MakeP2c, v1::POWER_OF_TWO, {1, 2, 4});
}

TEST(HeuristicsTest, SedGlobalReadsTrueCounts) { ExpectFixed(&MakeSedGlobal, v1::TRUE_COUNTS, {1, 2, 4}); }

TEST(HeuristicsTest, OracleTakesTheLeastAddedDelay) {
  ExpectFixed(&MakeOracle, v1::LEAST_ADDED_DELAY, {1, 2, 4});
}

TEST(HeuristicsTest, SedStaticRaisesNominalWeightsToTheExponent) {
  ExpectFixed(&MakeSedStatic, v1::SHORTEST_EXPECTED_DELAY, {1, std::sqrt(2.0f), 2});
}

TEST(HeuristicsTest, SedStaticWithoutAnExponentSaysHowToGetOne) {
  v1::Experiment experiment = TestExperiment();
  experiment.mutable_algorithm()->mutable_sed_static()->clear_exponent();
  const absl::Status status = MakeSedStatic(ContextOf(experiment)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(status.message()).find("algorithm.sed_static.exponent is not set"),
            std::string::npos);
}

TEST(HeuristicsTest, AwcmpApproachesNominalOverBusyPlusOne) {
  OneWorld world(&MakeAwcmp);
  v1::Observation observation = QuietObservation();
  observation.set_busy_workers(2, 7);  // targets 1/1, 2/1, 4/8, normalised by their maximum: .5 1 .25
  v1::Controls controls;
  controls = world.Act(observation);
  EXPECT_EQ(controls.mode(), v1::WEIGHTED_RANDOM);
  EXPECT_EQ(Weights(controls),
            std::vector<float>({0.375f, 0.75f, 0.625f}));  // half way from nominal .25 .5 1
  for (int step = 0; step < 40; ++step) controls = world.Act(observation);
  EXPECT_NEAR(controls.servers(0).weight(), 0.5, 1e-5);
  EXPECT_NEAR(controls.servers(1).weight(), 1, 1e-5);
  EXPECT_NEAR(controls.servers(2).weight(), 0.25, 1e-5);
}

TEST(HeuristicsTest, AwcmpWithoutAProbeSaysWhatIsMissing) {
  OneWorld world(&MakeAwcmp);
  v1::Observation observation = QuietObservation();
  observation.clear_busy_workers();
  const v1::Observation* observations[] = {&observation};
  v1::Action actions[1];
  const absl::Status status = world.policy()->Act(observations, absl::MakeSpan(actions));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(status.message()).find("busy_workers has 0 of 3 entries"), std::string::npos)
      << status;
}

TEST(HeuristicsTest, RandomWeightsAreLevelsDrawnAnewEachStep) {
  OneWorld world(&MakeRandomWeights);
  std::set<float> seen;
  std::set<std::vector<float>> steps;
  for (int step = 0; step < 100; ++step) {
    const std::vector<float> weights = Weights(world.Act(QuietObservation()));
    seen.insert(weights.begin(), weights.end());
    steps.insert(weights);
  }
  // 300 even draws of 6 levels miss one with probability 6 x (5/6)^300 < 1e-22; the seed is fixed anyway.
  EXPECT_EQ(seen, std::set<float>({1.0f, 1.2f, 1.4f, 1.6f, 1.8f, 2.0f}));
  EXPECT_GT(steps.size(), 50u);
}

TEST(HeuristicsTest, RandomWeightsFollowTheEpisodeAndRepeatInARepeatedRound) {
  const v1::Controls first = OneWorld(&MakeRandomWeights, TestExperiment(), 5).Act(QuietObservation());
  const v1::Controls again = OneWorld(&MakeRandomWeights, TestExperiment(), 5).Act(QuietObservation());
  const v1::Controls other = OneWorld(&MakeRandomWeights, TestExperiment(), 6).Act(QuietObservation());
  EXPECT_EQ(Weights(first), Weights(again));
  EXPECT_NE(Weights(first), Weights(other));
}

TEST(HeuristicsTest, SedOwnAverageBiasesByTheOtherLbsTimesTheOwnAverage) {
  OneWorld world(&MakeSedOwnAverage);
  v1::Observation observation = QuietObservation();
  observation.set_mean_open_flows(1, 3);
  const float first = Biases(world.Act(observation))[1];
  EXPECT_NEAR(first, 2 * 3 * (1 - std::exp(-0.25 / 2)), 1e-5);  // m - 1 = 2 others
  v1::Controls controls;
  for (int step = 0; step < 200; ++step) controls = world.Act(observation);
  EXPECT_EQ(controls.mode(), v1::SHORTEST_EXPECTED_DELAY);
  EXPECT_EQ(Weights(controls), std::vector<float>({1, 2, 4}));
  EXPECT_NEAR(controls.servers(1).bias(), 6, 1e-4);
  EXPECT_EQ(controls.servers(0).bias(), 0);
}

TEST(HeuristicsTest, SedExchangeLeavesTheOthersCountsToTheDataPlane) {
  v1::Experiment experiment = TestExperiment();
  experiment.mutable_algorithm()->mutable_sed_exchange()->set_gain(0.75);
  v1::Observation observation = QuietObservation();
  observation.set_others_open_flows(1, 9);
  const v1::Controls controls = OneWorld(&MakeSedExchange, experiment).Act(observation);
  EXPECT_EQ(controls.mode(), v1::SHORTEST_EXPECTED_DELAY);
  EXPECT_EQ(Weights(controls), std::vector<float>({1, 2, 4}));
  EXPECT_EQ(Biases(controls), std::vector<float>({0, 0, 0}));
  EXPECT_EQ(controls.exchange_gain(), 0.75f);
  EXPECT_EQ(controls.exchange_smoothing(), 0.9f);
}

TEST(HeuristicsTest, OnlySedExchangeSetsAGain) {
  for (Factory factory : kAll) {
    const v1::Controls controls = OneWorld(factory).Act(QuietObservation());
    EXPECT_EQ(controls.exchange_gain() > 0, factory == &MakeSedExchange);
  }
}

TEST(HeuristicsTest, SedExchangeWithoutExchangeSaysWhatIsMissing) {
  OneWorld world(&MakeSedExchange);
  v1::Observation observation = QuietObservation();
  observation.clear_others_open_flows();
  const v1::Observation* observations[] = {&observation};
  v1::Action actions[1];
  const absl::Status status = world.policy()->Act(observations, absl::MakeSpan(actions));
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(std::string(status.message()).find("others_open_flows has 0 of 3 entries"), std::string::npos)
      << status;
}

TEST(HeuristicsTest, SedFeedbackSettlesAtGainTimesTheLogDeviation) {
  OneWorld world(&MakeSedFeedback);
  v1::Observation observation = QuietObservation();
  const float durations[] = {0.1f, 0.2f, 0.4f};  // logs: -log 2, 0, log 2 about their mean
  for (int j = 0; j < kServers; ++j) {
    observation.set_flows_finished(j, 10);
    observation.set_flow_duration_sum(j, 10 * durations[j]);
  }
  v1::Controls controls;
  for (int step = 0; step < 400; ++step) controls = world.Act(observation);
  EXPECT_EQ(controls.mode(), v1::SHORTEST_EXPECTED_DELAY);
  EXPECT_NEAR(controls.servers(0).weight(), 1 * std::sqrt(2.0), 1e-4);
  EXPECT_NEAR(controls.servers(1).weight(), 2, 1e-4);
  EXPECT_NEAR(controls.servers(2).weight(), 4 / std::sqrt(2.0), 1e-4);
}

TEST(HeuristicsTest, SedFeedbackLeavesServersWithoutSamplesAtNominal) {
  OneWorld world(&MakeSedFeedback);
  v1::Observation observation = QuietObservation();
  EXPECT_EQ(Weights(world.Act(observation)), std::vector<float>({1, 2, 4}));
  observation.set_flows_finished(0, 10);
  observation.set_flow_duration_sum(0, 5);
  observation.set_flows_finished(2, 10);
  observation.set_flow_duration_sum(2, 1);
  const std::vector<float> weights = Weights(world.Act(observation));
  EXPECT_LT(weights[0], 1);
  EXPECT_EQ(weights[1], 2);
  EXPECT_GT(weights[2], 4);
}

TEST(HeuristicsTest, BeginRoundForgetsWhatWasSeen) {
  v1::Observation observation = QuietObservation();
  for (int j = 0; j < kServers; ++j) {
    observation.set_mean_open_flows(j, 2);
    observation.set_busy_workers(j, 4 * j);
    observation.set_flows_finished(j, 10);
    observation.set_flow_duration_sum(j, 1 + j);
  }
  for (Factory factory : {&MakeAwcmp, &MakeSedOwnAverage, &MakeSedFeedback}) {
    OneWorld world(factory);
    const v1::Controls first = world.Act(observation);
    const v1::Controls second = world.Act(observation);
    EXPECT_NE(first.SerializeAsString(), second.SerializeAsString());
    world.policy()->BeginRound(RoundContext());
    EXPECT_EQ(first.SerializeAsString(), world.Act(observation).SerializeAsString());
  }
}

TEST(HeuristicsTest, AServerThatIsNotAvailableGetsNoWeight) {
  v1::Observation observation = QuietObservation();
  observation.set_available(1, 0);
  for (Factory factory : kAll) {
    const std::vector<float> weights = Weights(OneWorld(factory).Act(observation));
    EXPECT_GT(weights[0], 0);
    EXPECT_EQ(weights[1], 0);
    EXPECT_GT(weights[2], 0);
  }
}

TEST(HeuristicsTest, WhileNoServerIsAvailableTheWeightsStay) {
  v1::Observation observation = QuietObservation();
  for (int j = 0; j < kServers; ++j) observation.set_available(j, 0);
  for (Factory factory : kAll) {
    for (float weight : Weights(OneWorld(factory).Act(observation))) EXPECT_GT(weight, 0);
  }
}

TEST(HeuristicsTest, WorldsOfARoundDoNotMix) {
  v1::Observation busy = QuietObservation();
  for (int j = 0; j < kServers; ++j) {
    busy.set_mean_open_flows(j, 5);
    busy.set_busy_workers(j, 9 * j);
    busy.set_flows_finished(j, 10);
    busy.set_flow_duration_sum(j, 1 + j);
  }
  const v1::Observation quiet = QuietObservation();
  const v1::Experiment experiment = TestExperiment();
  for (Factory factory : kAll) {
    std::unique_ptr<Policy> policy = factory(ContextOf(experiment)).value();
    RoundContext round;
    round.worlds = 2;
    policy->BeginRound(round);
    OneWorld alone(factory, experiment, /*episode=*/1);
    for (int step = 0; step < 3; ++step) {
      const v1::Observation* observations[] = {&busy, &quiet};
      v1::Action actions[2];
      ASSERT_TRUE(policy->Act(observations, absl::MakeSpan(actions)).ok());
      EXPECT_EQ(actions[1].controls().SerializeAsString(), alone.Act(quiet).SerializeAsString());
    }
  }
}

TEST(HeuristicsTest, AnObservationOfAnotherShapeIsRefusedByName) {
  v1::Observation observation = QuietObservation();
  observation.mutable_flows_sent()->RemoveLast();
  for (Factory factory : kAll) {
    OneWorld world(factory);
    const v1::Observation* observations[] = {&observation};
    v1::Action actions[1];
    const absl::Status status = world.policy()->Act(observations, absl::MakeSpan(actions));
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(std::string(status.message()).find("observation.flows_sent has 2 entries"), std::string::npos);
  }
}

TEST(HeuristicsTest, AContextWithoutANominalWeightPerServerIsRefused) {
  const v1::Experiment experiment = TestExperiment();
  PolicyContext context = ContextOf(experiment);
  context.nominal_weights.pop_back();
  for (Factory factory : kAll) {
    EXPECT_EQ(factory(context).status().code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(HeuristicsTest, SettingsOutOfRangeAreNamed) {
  v1::Experiment experiment = TestExperiment();
  experiment.mutable_algorithm()->mutable_awcmp()->set_smoothing(1);
  experiment.mutable_algorithm()->mutable_sed_feedback()->set_leak(0);
  experiment.mutable_algorithm()->mutable_sed_own_average()->set_horizon_seconds(0);
  experiment.mutable_algorithm()->mutable_sed_exchange()->set_smoothing(1);
  experiment.mutable_agent()->set_action_levels(3, -1);
  const std::pair<Factory, std::string> cases[] = {
      {&MakeAwcmp, "algorithm.awcmp.smoothing is 1"},
      {&MakeSedFeedback, "algorithm.sed_feedback.leak is 0"},
      {&MakeSedOwnAverage, "algorithm.sed_own_average.horizon_seconds is 0"},
      {&MakeSedExchange, "algorithm.sed_exchange.smoothing is 1"},
      {&MakeRandomWeights, "agent.action_levels has -1"},
  };
  for (const auto& [factory, message] : cases) {
    const absl::Status status = factory(ContextOf(experiment)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_NE(std::string(status.message()).find(message), std::string::npos) << status;
  }
}

TEST(HeuristicsTest, ParametersAreRefusedBecauseThereAreNone) {
  v1::PolicyParameters parameters;
  parameters.set_algorithm("qmix");
  for (Factory factory : kAll) {
    EXPECT_EQ(OneWorld(factory).policy()->Load(parameters).code(), absl::StatusCode::kUnimplemented);
  }
}

// ---- arc ----

// LB 1 of 3 with an arc a third of the circle long.
v1::Experiment NarrowArcs() {
  v1::Experiment experiment = TestExperiment();
  experiment.mutable_algorithm()->mutable_arc()->set_lbs_per_server(1);
  return experiment;
}

TEST(HeuristicsTest, ArcSendsNothingOutsideItsOwnServers) {
  // On the circle, in golden-ratio order: server 1 (place 0.236, length 2/7), server 0 (0.618, 1/7), server 2
  // (0.854, 4/7). LB 1 covers [1/3, 2/3): the part of server 0 from 1/3 to 3/7, and of server 2 from 3/7 on.
  const v1::Controls controls = OneWorld(&MakeArc, NarrowArcs()).Act(QuietObservation());
  EXPECT_EQ(controls.mode(), v1::SHORTEST_EXPECTED_DELAY);
  EXPECT_NEAR(controls.servers(0).weight(), 3.0 / 7 - 1.0 / 3, 1e-6);
  EXPECT_EQ(controls.servers(1).weight(), 0);
  EXPECT_NEAR(controls.servers(2).weight(), 2.0 / 3 - 3.0 / 7, 1e-6);
}

TEST(HeuristicsTest, ArcCoversOtherServersWhenItsOwnAreGoneAndComesBackWithThem) {
  OneWorld world(&MakeArc, NarrowArcs());
  const std::vector<float> before = Weights(world.Act(QuietObservation()));
  v1::Observation without = QuietObservation();
  without.set_available(0, 0);
  without.set_available(2, 0);
  const std::vector<float> during = Weights(world.Act(without));
  EXPECT_EQ(during[0], 0);
  EXPECT_NEAR(during[1], 1.0 / 3, 1e-6);
  EXPECT_EQ(during[2], 0);
  EXPECT_EQ(Weights(world.Act(QuietObservation())), before);
}

TEST(HeuristicsTest, ArcAddsItsOwnAverageOncePerOtherLbOnTheServer) {
  v1::Experiment experiment = TestExperiment();
  experiment.mutable_algorithm()->mutable_arc()->set_lbs_per_server(2.5);
  OneWorld world(&MakeArc, experiment);
  v1::Observation busy = QuietObservation();
  busy.set_mean_open_flows(1, 4);
  const double average = 4 * (1 - std::exp(-0.25 / 2));
  EXPECT_NEAR(world.Act(busy).servers(1).bias(), 1.5 * average, 1e-5);
  EXPECT_EQ(world.Act(busy).servers(0).bias(), 0);
}

TEST(HeuristicsTest, ArcRefusesAHorizonThatIsNotPositive) {
  v1::Experiment experiment = TestExperiment();
  experiment.mutable_algorithm()->mutable_arc()->set_horizon_seconds(0);
  const absl::Status status = MakeArc(ContextOf(experiment)).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("algorithm.arc.horizon_seconds"), std::string::npos);
}

}  // namespace
}  // namespace evenkeel
