#include "algorithms/learned_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>

#include <ATen/ATen.h>

#include "algorithms/batch.h"
#include "algorithms/episode_for_test.h"
#include "algorithms/es/es.h"
#include "algorithms/nets/agent_network.h"
#include "algorithms/nets/parameter_views.h"
#include "algorithms/torch_process.h"

namespace evenkeel {
namespace {

using ::testing::HasSubstr;

constexpr int kAgents = 2, kServers = 3, kSteps = 12;

// Picks levels at random and keeps what the network gave.
class RandomPolicy : public LearnedPolicy {
 public:
  using LearnedPolicy::LearnedPolicy;
  std::vector<float> seen;  // [T, W, n, L]

 private:
  void ChooseLevels(const Choice& choice, absl::Span<uint8_t> levels) override {
    const int64_t count = choice.settings.shape.levels;
    seen.insert(seen.end(), choice.values, choice.values + levels.size() * count);
    for (uint8_t& level : levels) level = static_cast<uint8_t>(choice.random->Below(count));
  }
};

// Arcs, biases and own averages, so that all that a policy may read and set is in use.
v1::Experiment FullExperiment(v1::Network::Kind network) {
  v1::Experiment experiment = AgentExperiment(3, network);
  experiment.mutable_agent()->set_base_weight(v1::Agent::ARC);
  experiment.mutable_agent()->set_own_average_gain(1);
  for (double bias : {0.0, 1.0}) experiment.mutable_agent()->add_bias_levels(bias);
  return experiment;
}

AgentSettings Resolved(const v1::Experiment& experiment, int agent = 0, int servers = kServers) {
  const BatchShape shape{kAgents, servers, 0};
  return ResolveAgentSettings(ContextFor(shape, experiment, agent), 8).value();
}

std::unique_ptr<RandomPolicy> MakePolicy(const v1::Experiment& experiment, int agent = 0, int servers = kServers) {
  return std::make_unique<RandomPolicy>("test", std::make_unique<const AgentSettings>(Resolved(experiment, agent, servers)),
                                        agent);
}

// What agent `agent` sees in `step`. Server 1 takes no flows in steps 4 to 7.
v1::Observation Seen(int step, int agent, int servers = kServers) {
  v1::Observation observation = RandomObservation(10 * step + agent, servers);
  if (step >= 4 && step < 8) observation.set_available(1, 0);
  return observation;
}

class Policies : public ::testing::TestWithParam<v1::Network::Kind> {
 protected:
  Policies() { UseOneTorchThread(); }
  const v1::Experiment experiment_ = FullExperiment(GetParam());
};

TEST_P(Policies, ALearnerComputesFromTheEpisodeWhatTheActorsComputedInLife) {
  std::vector<std::unique_ptr<RandomPolicy>> policies;
  std::vector<float> observations(((kSteps + 1) * kAgents * kServers) * kFeatures), weights;
  std::string levels;
  for (int agent = 0; agent < kAgents; ++agent) policies.push_back(MakePolicy(experiment_, agent));
  for (auto& policy : policies) policy->BeginRound({0, 1, true});
  for (int step = 0; step <= kSteps; ++step) {
    for (int agent = 0; agent < kAgents; ++agent) {
      const v1::Observation seen = Seen(step, agent);
      const v1::Observation* pointer = &seen;
      ASSERT_TRUE(PackFeatures(seen, kServers, &observations[(step * kAgents + agent) * kServers * kFeatures]).ok());
      v1::Action action;
      ASSERT_TRUE(policies[agent]->Act({&pointer, 1}, absl::MakeSpan(&action, 1)).ok());
      if (step == kSteps) continue;  // looked at by the learner, never acted upon
      for (uint32_t level : action.levels()) levels.push_back(static_cast<char>(level));
      for (const v1::ServerControl& server : action.controls().servers()) weights.push_back(server.weight());
    }
  }
  const AgentSettings settings = Resolved(experiment_);
  v1::Episode episode = RandomEpisode(1, settings.shape, kSteps);
  episode.set_observations(Bytes(observations));
  episode.set_weights(Bytes(weights));
  episode.set_levels(levels);
  const v1::Episode* pointer = &episode;
  ASSERT_TRUE(CheckEpisodes({&pointer, 1}, settings.shape).ok());
  const Batch batch = MakeBatch({&pointer, 1}, settings);

  const ParameterLayout layout = AgentLayout(settings);
  std::vector<float> initial = layout.Initial(Rng(settings.experiment.seed(), {kInitStream}));
  const at::Tensor flat = at::from_blob(initial.data(), {layout.size()}, at::kFloat);
  const auto network = MakeAgentNetwork(settings.network, ParameterViews(layout, flat, false));
  const at::Tensor inputs = at::from_blob(const_cast<float*>(batch.inputs.data()), {kSteps + 1, kAgents, settings.shape.input()});
  const at::Tensor values = network->Forward(inputs, network->InitialState(kAgents)).contiguous();
  const int64_t width = kServers * settings.shape.levels;
  for (int step = 0; step <= kSteps; ++step) {
    for (int agent = 0; agent < kAgents; ++agent) {
      for (int64_t i = 0; i < width; ++i) {
        // Matrix products of other sizes round differently; a wrong input would change far more.
        EXPECT_NEAR(policies[agent]->seen[step * width + i], Values(values)[(step * kAgents + agent) * width + i], 2e-6)
            << step << " " << agent;
      }
    }
  }
}

TEST_P(Policies, AnActorTakesOverFromThePolicyHowToActWhateverItsOwnExperimentSays) {
  v1::Experiment trained = experiment_;
  trained.mutable_agent()->set_action_levels(0, 0.25);
  trained.mutable_agent()->set_base_weight(v1::Agent::NOMINAL);
  const AgentSettings settings = Resolved(trained);
  const std::vector<float> flat(AgentLayout(settings).size(), 0.01f);
  const v1::PolicyParameters parameters = ExportPolicy(settings, "test", 3, flat);
  auto foreign = MakePolicy(experiment_), own = MakePolicy(trained);
  ASSERT_TRUE(foreign->Load(parameters).ok());
  ASSERT_TRUE(own->Load(parameters).ok());
  EXPECT_EQ(foreign->version(), 3u);
  foreign->BeginRound({0, 1, true});
  own->BeginRound({0, 1, true});
  for (int step = 0; step < kSteps; ++step) {
    const v1::Observation seen = Seen(step, 0);
    const v1::Observation* pointer = &seen;
    v1::Action action, expected;
    ASSERT_TRUE(foreign->Act({&pointer, 1}, absl::MakeSpan(&action, 1)).ok());
    ASSERT_TRUE(own->Act({&pointer, 1}, absl::MakeSpan(&expected, 1)).ok());
    EXPECT_EQ(action.ShortDebugString(), expected.ShortDebugString());
  }
}

TEST_P(Policies, OnTopOfASearchedPolicyItSetsWhatThatOneDoesTimesItsLevels) {
  v1::Experiment searched = experiment_;
  searched.mutable_algorithm()->mutable_es()->set_hidden(0);
  std::vector<double> point = InitialEsParameters(searched).value();
  Rng rng(5);
  for (double& value : point) value += 0.3 * (2 * rng.Uniform() - 1);
  const v1::PolicyParameters parameters = MakeEsPolicyParameters(searched, point, 1);

  v1::Experiment on_top = experiment_;
  v1::Agent* agent = on_top.mutable_agent();
  agent->set_base_weight(v1::Agent::POLICY);
  agent->set_own_average_gain(0);
  const std::vector<float> base_parameters = EsParameters(parameters).value();
  agent->mutable_base_parameters()->Assign(base_parameters.begin(), base_parameters.end());
  auto policy = MakePolicy(on_top, 1);
  PolicyContext context = ContextFor({kAgents, kServers, 0}, searched, 1);
  auto base = MakeEsPolicy(context).value();
  ASSERT_TRUE(base->Load(parameters).ok());
  policy->BeginRound({0, 1, true});
  base->BeginRound({0, 1, true});
  const AgentSettings settings = Resolved(on_top, 1);
  for (int step = 0; step < kSteps; ++step) {
    v1::Observation seen = Seen(step, 1);
    for (int j = 0; step == kSteps - 1 && j < kServers; ++j) seen.set_available(j, 0);
    const v1::Observation* pointer = &seen;
    v1::Action action, expected;
    ASSERT_TRUE(policy->Act({&pointer, 1}, absl::MakeSpan(&action, 1)).ok());
    ASSERT_TRUE(base->Act({&pointer, 1}, absl::MakeSpan(&expected, 1)).ok());
    for (int j = 0; j < kServers; ++j) {
      const v1::ServerControl &set = action.controls().servers(j), &from = expected.controls().servers(j);
      const auto level = static_cast<uint8_t>(action.levels(j));
      EXPECT_EQ(set.weight(), from.weight() * settings.action_level(level)) << step << " " << j;
      EXPECT_TRUE(step < kSteps - 1 || set.weight() > 0) << "no server is there: any weights but all 0";
      EXPECT_EQ(set.bias(), from.bias() + settings.bias_level(level)) << step << " " << j;
    }
  }
}

TEST(LearnedPolicySettings, ABaseOfAnotherSizeIsRefused) {
  v1::Experiment experiment = FullExperiment(v1::Network::SHARED);
  experiment.mutable_agent()->set_base_weight(v1::Agent::POLICY);
  experiment.mutable_agent()->add_base_parameters(1);
  const absl::Status status = ResolveAgentSettings(ContextFor({kAgents, kServers, 0}, experiment, 0), 8).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("agent.base_parameters has 1 numbers"), std::string::npos) << status;
}

TEST_P(Policies, LoadInTheMiddleOfARoundKeepsWhatThePolicyRemembers) {
  auto interrupted = MakePolicy(experiment_), straight = MakePolicy(experiment_);
  const AgentSettings settings = Resolved(experiment_);
  const std::vector<float> initial = AgentLayout(settings).Initial(Rng(7, {kInitStream}));
  interrupted->BeginRound({0, 1, true});
  straight->BeginRound({0, 1, true});
  for (int step = 0; step < kSteps; ++step) {
    if (step == 6) {
      ASSERT_TRUE(interrupted->Load(ExportPolicy(settings, "test", 1, initial)).ok());
    }
    const v1::Observation seen = Seen(step, 0);
    const v1::Observation* pointer = &seen;
    v1::Action action;
    ASSERT_TRUE(interrupted->Act({&pointer, 1}, absl::MakeSpan(&action, 1)).ok());
    ASSERT_TRUE(straight->Act({&pointer, 1}, absl::MakeSpan(&action, 1)).ok());
  }
  EXPECT_EQ(interrupted->seen, straight->seen);
}

TEST_P(Policies, ParametersThatDoNotFillTheNetworkTheyNameAreRefused) {
  const AgentSettings settings = Resolved(experiment_);
  v1::PolicyParameters parameters =
      ExportPolicy(settings, "test", 1, std::vector<float>(AgentLayout(settings).size()));
  parameters.mutable_shape()->set_hidden(60000);
  const absl::Status status = MakePolicy(experiment_)->Load(parameters);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("their network has"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, Policies, ::testing::Values(v1::Network::PAPER, v1::Network::SHARED),
                         [](const auto& info) { return v1::Network::Kind_Name(info.param); });

v1::PolicyParameters ZerosFor(const v1::Experiment& experiment, int servers) {
  const AgentSettings settings = Resolved(experiment, 0, servers);
  return ExportPolicy(settings, "test", 1, std::vector<float>(AgentLayout(settings).size()));
}

TEST(LearnedPolicy, OfASharedNetworkServesAnotherNumberOfServers) {
  const v1::Experiment experiment = FullExperiment(v1::Network::SHARED);
  EXPECT_EQ(ZerosFor(experiment, 3).shape().servers(), 0u);
  auto policy = MakePolicy(experiment, 0, 5);
  ASSERT_TRUE(policy->Load(ZerosFor(experiment, 3)).ok());
  policy->BeginRound({0, 1, true});
  const v1::Observation seen = Seen(0, 0, 5);
  const v1::Observation* pointer = &seen;
  v1::Action action;
  ASSERT_TRUE(policy->Act({&pointer, 1}, absl::MakeSpan(&action, 1)).ok());
  EXPECT_EQ(action.controls().servers_size(), 5);
}

TEST(LearnedPolicy, OfThePapersNetworkRefusesAnotherNumberOfServers) {
  const v1::Experiment experiment = FullExperiment(v1::Network::PAPER);
  const absl::Status status = MakePolicy(experiment, 0, 5)->Load(ZerosFor(experiment, 3));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("made for 3 servers, this experiment has 5"));
}

TEST(LearnedPolicy, ParametersThatSayNothingOfTheirTrainingMustFitTheExperiment) {
  v1::PolicyParameters parameters = ZerosFor(FullExperiment(v1::Network::SHARED), 3);
  parameters.clear_agent();
  const absl::Status status = MakePolicy(FullExperiment(v1::Network::PAPER))->Load(parameters);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("of a SHARED network, this experiment has a PAPER one"));
}

}  // namespace
}  // namespace evenkeel
