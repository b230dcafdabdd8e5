#include "algorithms/es/es.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "algorithms/base_controls.h"
#include "algorithms/es/es_network.h"
#include "algorithms/parameters.h"
#include "common/rng.h"
#include "common/status_macros.h"
#include "gtest/gtest.h"

namespace evenkeel {
namespace {

constexpr int kHidden = 3;
constexpr int kServers = 4;

std::vector<float> RandomPoint(uint64_t seed, double size) {
  Rng rng(seed);
  std::vector<float> point(EsNetwork::Parameters(kHidden));
  for (float& value : point) value = static_cast<float>((2 * rng.Uniform() - 1) * size);
  return point;
}

std::vector<float> RandomInputs(uint64_t seed) {
  Rng rng(seed);
  std::vector<float> inputs(kServers * kServerInputs);
  for (float& value : inputs) value = static_cast<float>(8 * rng.Uniform() - 4);
  return inputs;
}

struct Controls {
  std::vector<float> weights = std::vector<float>(kServers), biases = std::vector<float>(kServers);
};

Controls ControlsOf(const EsNetwork& network, const std::vector<float>& inputs, const std::vector<float>& shares,
                    const std::vector<float>& others = {}) {
  Controls controls;
  // The most flows on the largest server, as it would be.
  std::vector<float> counts;
  for (float share : shares) counts.push_back(100 * share * share);
  network.Controls(inputs, shares, counts, others, network.exchange_gain(0), absl::MakeSpan(controls.weights),
                   absl::MakeSpan(controls.biases));
  return controls;
}

TEST(EsNetwork, PermutingTheServersPermutesTheControls) {
  const EsNetwork network(kHidden, 6, kServers, RandomPoint(1, 0.5));
  const std::vector<float> inputs = RandomInputs(2), shares = {0.1f, 0.2f, 0.3f, 0.4f};
  const std::vector<int> order = {2, 0, 3, 1};
  std::vector<float> moved_inputs, moved_shares;
  for (int j : order) {
    moved_inputs.insert(moved_inputs.end(), &inputs[j * kServerInputs], &inputs[j * kServerInputs] + kServerInputs);
    moved_shares.push_back(shares[j]);
  }
  const Controls controls = ControlsOf(network, inputs, shares), moved = ControlsOf(network, moved_inputs, moved_shares);
  for (int j = 0; j < kServers; ++j) {
    EXPECT_EQ(moved.weights[j], controls.weights[order[j]]);
    EXPECT_EQ(moved.biases[j], controls.biases[order[j]]);
  }
}

TEST(EsNetwork, WithoutParametersItIsSedWithNominalWeights) {
  const EsNetwork network(kHidden, 6, kServers, std::vector<float>(EsNetwork::Parameters(kHidden), 0.0f));
  const Controls controls = ControlsOf(network, RandomInputs(3), {0.1f, 0.2f, 0.3f, 0.4f});
  for (int j = 0; j < kServers; ++j) {
    EXPECT_NEAR(controls.weights[j], (j + 1) / 4.0, 1e-6);
    EXPECT_EQ(controls.biases[j], 0);
  }
}

TEST(EsNetwork, ControlsAreOnesThatADataPlaneAcceptsWhateverTheParameters) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const EsNetwork network(kHidden, 64, kServers, RandomPoint(seed, 1000));
    const Controls controls = ControlsOf(network, RandomInputs(seed), {0.25f, 0.25f, 0.25f, 0.25f});
    EXPECT_EQ(*std::max_element(controls.weights.begin(), controls.weights.end()), 1);
    for (float weight : controls.weights) EXPECT_GE(weight, std::exp(-8.001f));
    for (float bias : controls.biases) EXPECT_TRUE(bias >= -0.95f && bias <= 100) << bias;
    EXPECT_TRUE(network.exchange_gain(0) >= 0 && network.exchange_smoothing() >= 0 && network.exchange_smoothing() < 1);
    EXPECT_TRUE(network.slow_seconds() > 1 && network.fast_seconds() > 0.1);
    EXPECT_TRUE(network.others_seconds() > 0.1 && network.exponent_seconds() > 1);
  }
}

TEST(EsNetwork, BeginsAsArcsOfTheUsualWidthWithLittleWeightOutside) {
  const std::vector<double> initial = EsNetwork::Initial(0, false, 1);
  const EsNetwork network(0, 16, kServers, std::vector<float>(initial.begin(), initial.end()));
  EXPECT_NEAR(network.lbs_per_server(), DefaultLbsPerServer(16), 1e-6);
  std::vector<float> inputs(kServers * kServerInputs);
  inputs[kInputCovered] = 1;
  inputs[kServerInputs + kInputCovered] = 0.5;
  const Controls controls = ControlsOf(network, inputs, {0.25f, 0.25f, 0.25f, 0.25f});
  EXPECT_EQ(controls.weights[0], 1);
  EXPECT_GT(controls.weights[1], 0.5);
  EXPECT_LT(controls.weights[1], 0.6);
  EXPECT_GT(controls.weights[2], 0.1);
  EXPECT_LT(controls.weights[2], 0.2);
  EXPECT_NEAR(controls.biases[0], (DefaultLbsPerServer(16) - 1) * 100 * 0.25 * 0.25, 1e-4);  // what four LBs like it have there
}

TEST(EsNetwork, WithExchangeTwoLbsBeginWithTheOthersMeanCountLessWhatTheDataPlaneAdds) {
  const std::vector<double> initial = EsNetwork::Initial(0, true, 1);
  const EsNetwork network(0, 2, kServers, std::vector<float>(initial.begin(), initial.end()));
  EXPECT_GT(network.exchange_gain(0), 0.9);
  EXPECT_GT(network.exchange_smoothing(), 0.9);
  const std::vector<float> inputs(kServers * kServerInputs), shares = {0.25f, 0.25f, 0.25f, 0.25f}, others = {4, 3, 2, 1};
  const Controls controls = ControlsOf(network, inputs, shares, others);
  // At two LBs the exchanged counts are trusted wholly.
  for (int j = 0; j < kServers; ++j) EXPECT_NEAR(controls.biases[j], (1 - network.exchange_gain(0)) * others[j], 1e-4);
}

TEST(EsNetwork, ExchangedCountsThatCameLateActLess) {
  const std::vector<double> initial = EsNetwork::Initial(0, true, 1);
  const EsNetwork network(0, 2, kServers, std::vector<float>(initial.begin(), initial.end()));
  EXPECT_NEAR(network.exchange_gain(0.2f), network.exchange_gain(0) / 2, 1e-6);
  EXPECT_LT(network.exchange_gain(2), 0.01 * network.exchange_gain(0));
}

TEST(EsNetwork, WithExchangeManyLbsBeginWithTheirOwnCounts) {
  const std::vector<double> initial = EsNetwork::Initial(0, true, 1);
  const EsNetwork network(0, 64, kServers, std::vector<float>(initial.begin(), initial.end()));
  const std::vector<float> inputs(kServers * kServerInputs), shares = {0.25f, 0.25f, 0.25f, 0.25f}, others = {4, 3, 2, 1};
  const Controls controls = ControlsOf(network, inputs, shares, others);
  const double own = (network.lbs_per_server() - 1) * 100 * 0.25 * 0.25;
  for (int j = 0; j < kServers; ++j) EXPECT_NEAR(controls.biases[j], own - network.exchange_gain(0) * others[j], 1e-3);
}

TEST(EsNetwork, AnArcHoldsOneToAllLbsWhateverTheParameters) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    const EsNetwork network(kHidden, 6, 96, RandomPoint(seed, 20));
    EXPECT_GE(network.lbs_per_server(), 1);
    EXPECT_LE(network.lbs_per_server(), 6);
  }
}

TEST(EsNetwork, AServerThatIsNotThereGetsNothing) {
  const EsNetwork network(kHidden, 6, kServers, RandomPoint(5, 1));
  const Controls controls = ControlsOf(network, RandomInputs(6), {0.5f, 0, 0.5f, 0});
  EXPECT_EQ(controls.weights[1], 0);
  EXPECT_GT(controls.weights[2], 0);
}

TEST(EsNetwork, HiddenUnitsBeginWithoutEffect) {
  const std::vector<double> with = EsNetwork::Initial(kHidden, false, 1), without = EsNetwork::Initial(0, false, 1);
  const std::vector<float> inputs = RandomInputs(7), shares = {0.1f, 0.2f, 0.3f, 0.4f};
  const EsNetwork one(kHidden, 6, kServers, std::vector<float>(with.begin(), with.end()));
  const EsNetwork other(0, 6, kServers, std::vector<float>(without.begin(), without.end()));
  EXPECT_EQ(ControlsOf(one, inputs, shares).weights, ControlsOf(other, inputs, shares).weights);
}

v1::Experiment EsExperiment() {
  v1::Experiment experiment;
  experiment.mutable_algorithm()->mutable_es()->set_hidden(kHidden);
  experiment.mutable_algorithm()->mutable_network()->set_identity(true);
  experiment.mutable_agent()->set_step_interval_seconds(0.25);
  return experiment;
}

PolicyContext ContextOf(const v1::Experiment& experiment, int servers, int agents) {
  PolicyContext context;
  context.experiment = &experiment;
  context.agents = agents;
  context.servers = servers;
  context.nominal_weights.assign(servers, 1.0f);
  return context;
}

TEST(EsPolicy, OneFileServesAnyNumberOfServersAndLbs) {
  const v1::Experiment experiment = EsExperiment();
  const v1::PolicyParameters file = MakeEsPolicyParameters(experiment, InitialEsParameters(experiment).value(), 8);
  for (int servers : {1, 7, 96}) {
    for (int agents : {1, 64}) {
      const auto policy = MakeEsPolicy(ContextOf(experiment, servers, agents)).value();
      EXPECT_TRUE(policy->Load(file).ok());
      EXPECT_EQ(policy->version(), 8u);
    }
  }
}

TEST(EsPolicy, AFileOfKnotsServesAnyNumberAndDoesNotKeepWhereItsSearchBegan) {
  v1::Experiment experiment = EsExperiment();
  for (uint32_t lbs : {2, 16}) experiment.mutable_algorithm()->mutable_es()->add_lbs_knots(lbs);
  experiment.mutable_algorithm()->mutable_es()->add_server_knots(24);
  const std::vector<double> point = InitialEsParameters(experiment).value();
  EXPECT_NE(point.size(), InitialEsParameters(EsExperiment()).value().size());
  for (double value : point) experiment.mutable_algorithm()->mutable_es()->add_initial_parameters(static_cast<float>(value) + 1);
  EXPECT_NEAR(InitialEsParameters(experiment).value()[0], point[0] + 1, 1e-6);
  const v1::PolicyParameters file = MakeEsPolicyParameters(experiment, point, 8);
  EXPECT_EQ(file.settings().es().initial_parameters_size(), 0);
  EXPECT_EQ(file.settings().es().lbs_knots_size(), 2);
  const v1::Experiment lines = EsExperiment();  // a file says itself which knots it has
  for (int servers : {1, 24, 96}) {
    for (int agents : {1, 6, 64}) EXPECT_TRUE(MakeEsPolicy(ContextOf(lines, servers, agents)).value()->Load(file).ok());
  }
}

TEST(EsPolicy, AFileWithANumberThatIsNotFiniteIsRefused) {
  const v1::Experiment experiment = EsExperiment();
  std::vector<double> point = InitialEsParameters(experiment).value();
  point[3] = std::numeric_limits<double>::quiet_NaN();
  const auto policy = MakeEsPolicy(ContextOf(experiment, 4, 2)).value();
  EXPECT_EQ(policy->Load(MakeEsPolicyParameters(experiment, point, 1)).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(policy->version(), 0u);
}

TEST(EsPolicy, AFileOfAnotherWidthIsRefused) {
  const v1::Experiment experiment = EsExperiment();
  v1::Experiment wider = EsExperiment();
  wider.mutable_algorithm()->mutable_es()->set_hidden(kHidden + 1);
  const auto policy = MakeEsPolicy(ContextOf(experiment, 4, 2)).value();
  EXPECT_EQ(policy->Load(MakeEsPolicyParameters(wider, InitialEsParameters(wider).value(), 1)).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(EsPolicy, CountsThatCameLateHaveLessGainAndAnAgeThatIsNoAgeIsRefused) {
  v1::Experiment experiment = EsExperiment();
  experiment.mutable_agent()->set_exchange(true);
  const auto policy = MakeEsPolicy(ContextOf(experiment, 2, 2)).value();
  v1::Observation observation;
  for (auto* column :
       {observation.mutable_open_flows(), observation.mutable_flow_duration_mean(), observation.mutable_flow_duration_p90(),
        observation.mutable_flow_duration_std(), observation.mutable_flow_duration_mean_decayed(),
        observation.mutable_flow_duration_p90_decayed(), observation.mutable_mean_open_flows(), observation.mutable_flows_sent(),
        observation.mutable_flows_finished(), observation.mutable_flow_duration_sum(), observation.mutable_available(),
        observation.mutable_others_open_flows()}) {
    for (int j = 0; j < 2; ++j) column->Add(1);
  }
  const auto gain_at = [&](float age) -> absl::StatusOr<float> {
    observation.set_others_age_seconds(age);
    const v1::Observation* pointer = &observation;
    v1::Action action;
    policy->BeginRound({0, 1, false});
    EK_RETURN_IF_ERROR(policy->Act({&pointer, 1}, absl::MakeSpan(&action, 1)));
    return action.controls().exchange_gain();
  };
  EXPECT_GT(gain_at(0).value(), 0);
  EXPECT_NEAR(gain_at(0.2f).value(), gain_at(0).value() / 2, 1e-6);
  for (float age : {-1.0f, std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    EXPECT_EQ(gain_at(age).status().code(), absl::StatusCode::kInvalidArgument) << age;
  }
}

}  // namespace
}  // namespace evenkeel
