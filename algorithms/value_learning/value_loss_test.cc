#include "algorithms/value_learning/value_loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <tuple>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "algorithms/agent_inputs.h"
#include "algorithms/feature_scaling.h"
#include "algorithms/learned_policy.h"
#include "algorithms/nets/parameter_views.h"
#include "algorithms/value_learning/value_for_test.h"
#include "common/rng.h"

namespace evenkeel {
namespace {

constexpr int kHeads = kTestAgents * kTestServers;

at::Tensor RandomFlat(const ValueSettings& settings, uint64_t seed) {
  const std::vector<float> initial = JointLayout(settings).Initial(Rng(seed));
  at::Tensor flat = at::empty({static_cast<int64_t>(initial.size())});
  std::copy(initial.begin(), initial.end(), Values(flat).begin());
  return flat;
}

struct Fixture {
  explicit Fixture(const v1::Experiment& experiment = ValueExperiment(), std::vector<v1::Episode> from = FourEpisodes(),
                   Mixing mixing = Mixing::kMonotonic)
      : settings(SettingsOf(experiment, mixing)),
        online_flat(RandomFlat(settings, 1)),
        target_flat(RandomFlat(settings, 2)),
        online(settings, online_flat, true),
        target(settings, target_flat, false),
        episodes(std::move(from)),
        batch(MakeBatch(Pointers(episodes), settings.agent)) {}

  ValueSettings settings;
  at::Tensor online_flat, target_flat;
  ValueNetworks online, target;
  std::vector<v1::Episode> episodes;
  Batch batch;
};

float RewardOf(const v1::Episode& episode, int64_t step) {
  return reinterpret_cast<const float*>(episode.rewards().data())[step];
}

// Action values [T+1, m, n, L] of one episode, its rows computed one at a time with the hidden state carried by hand,
// as an actor does.
at::Tensor ValuesStepByStep(const v1::Episode& episode, const ValueSettings& settings, const ValueNetworks& networks) {
  const at::NoGradGuard no_gradients;
  at::Tensor hidden = networks.agent->InitialState(kTestAgents);
  std::vector<at::Tensor> rows;
  std::vector<AgentInputs> readers;
  for (int agent = 0; agent < kTestAgents; ++agent) readers.emplace_back(settings.agent, agent);
  const auto* raw = reinterpret_cast<const float*>(episode.observations().data());
  const auto* weights = reinterpret_cast<const float*>(episode.weights().data());
  const auto* levels = reinterpret_cast<const uint8_t*>(episode.levels().data());
  for (int64_t step = 0; step <= static_cast<int64_t>(episode.steps()); ++step) {
    at::Tensor inputs = at::zeros({1, kTestAgents, settings.agent.shape.input()});
    for (int64_t agent = 0; agent < kTestAgents; ++agent) {
      const int64_t last = (step - 1) * kHeads + agent * kTestServers;
      readers[agent].Step(raw + (step * kHeads + agent * kTestServers) * kFeatures, step == 0 ? nullptr : levels + last,
                          step == 0 ? nullptr : weights + last,
                          inputs.data_ptr<float>() + agent * settings.agent.shape.input());
    }
    rows.push_back(networks.agent->Forward(inputs, hidden, &hidden)[0]);
    hidden = hidden.clone();
  }
  return at::stack(rows);
}

// Q_tot of one row with one level picked per head; heads of agents that are not `present` count as 0.
float MixRow(const v1::Episode& episode, const ValueSettings& settings, const ValueNetworks& networks,
             const at::Tensor& values, int64_t row, const std::vector<int64_t>& picks, const std::vector<bool>& present) {
  const at::NoGradGuard no_gradients;
  at::Tensor heads = at::zeros({1, kHeads});
  for (int head = 0; head < kHeads; ++head) {
    const int agent = head / kTestServers, server = head % kTestServers;
    if (present[agent]) heads[0][head] = values[row][agent][server][picks[head]];
  }
  at::Tensor state = at::zeros({1, settings.agent.shape.state()});
  ScaleFeatures(reinterpret_cast<const float*>(episode.observations().data()) + row * kHeads * kFeatures, kHeads,
                state.data_ptr<float>());
  return networks.mixer->Forward(heads, state).item<float>();
}

std::vector<int64_t> BestPicks(const at::Tensor& values, int64_t row) {
  std::vector<int64_t> picks;
  for (int head = 0; head < kHeads; ++head) {
    picks.push_back(values[row][head / kTestServers][head % kTestServers].argmax().item<int64_t>());
  }
  return picks;
}

std::vector<int64_t> TakenPicks(const v1::Episode& episode, int64_t step) {
  std::vector<int64_t> picks;
  for (int head = 0; head < kHeads; ++head) picks.push_back(episode.levels()[step * kHeads + head]);
  return picks;
}

const std::vector<bool> kAll = {true, true};

TEST(ValueLoss, ChosenValuesAreThoseThatAnActorCarryingItsStateByHandWouldHaveHad) {
  Fixture f;
  const StepValues values = ComputeValues(f.batch, f.online, f.target, f.settings);
  for (size_t e = 0; e < f.episodes.size(); ++e) {
    const at::Tensor by_hand = ValuesStepByStep(f.episodes[e], f.settings, f.online);
    for (uint32_t step = 0; step < f.episodes[e].steps(); ++step) {
      const float expected =
          MixRow(f.episodes[e], f.settings, f.online, by_hand, step, TakenPicks(f.episodes[e], step), kAll);
      EXPECT_NEAR(values.chosen[step * 4 + e].item<float>(), expected, 1e-5) << e << " " << step;
    }
  }
}

// Targets by hand: the online network picks at row t+1 (or the target network itself), the target network values there.
void ExpectTargetsByHand(const Fixture& f) {
  const StepValues values = ComputeValues(f.batch, f.online, f.target, f.settings);
  for (size_t e = 0; e < f.episodes.size(); ++e) {
    const v1::Episode& episode = f.episodes[e];
    const at::Tensor online = ValuesStepByStep(episode, f.settings, f.online);
    const at::Tensor target = ValuesStepByStep(episode, f.settings, f.target);
    for (uint32_t step = 0; step < episode.steps(); ++step) {
      const auto picks = BestPicks(f.settings.double_q ? online : target, step + 1);
      const float next = MixRow(episode, f.settings, f.target, target, step + 1, picks, kAll);
      const bool ended = episode.terminated() && step + 1 == episode.steps();
      const float expected = RewardOf(episode, step) + (ended ? 0.0f : 0.9f * next);
      EXPECT_NEAR(values.targets[step * 4 + e], expected, 1e-5) << e << " " << step;
    }
  }
}

TEST(ValueLoss, DoubleQTargetsTakeTheOnlineNetworksPickAtTheNextRowAndTheTargetNetworksValueOfIt) {
  ExpectTargetsByHand(Fixture());
}

TEST(ValueLoss, PlainTargetsTakeTheTargetNetworksOwnBest) {
  v1::Experiment experiment = ValueExperiment();
  experiment.mutable_algorithm()->mutable_qmix()->set_double_q(false);
  ExpectTargetsByHand(Fixture(experiment));
}

TEST(ValueLoss, OnlineAndTargetPicksDifferSomewhereSoThatTheTwoTestsAboveDiffer) {
  Fixture f;
  const at::Tensor online = ValuesStepByStep(f.episodes[3], f.settings, f.online);
  const at::Tensor target = ValuesStepByStep(f.episodes[3], f.settings, f.target);
  EXPECT_NE(BestPicks(online, 1), BestPicks(target, 1));
}

TEST(ValueLoss, ATerminatedEpisodeDoesNotBootstrap) {
  std::vector<v1::Episode> episodes = FourEpisodes();
  episodes[1].set_terminated(true);
  ExpectTargetsByHand(Fixture(ValueExperiment(), episodes));
}

TEST(ValueLoss, TheHeadsOfAMissingAgentAreMixedAsZeroInThatStepAndInTheTargetBeforeIt) {
  std::vector<v1::Episode> episodes = FourEpisodes();
  (*episodes[0].mutable_mask())[2 * kTestAgents + 1] = 0;  // agent 1 misses step 2
  Fixture f(ValueExperiment(), episodes);
  const StepValues values = ComputeValues(f.batch, f.online, f.target, f.settings);
  const at::Tensor online = ValuesStepByStep(f.episodes[0], f.settings, f.online);
  const at::Tensor target = ValuesStepByStep(f.episodes[0], f.settings, f.target);
  const float chosen =
      MixRow(f.episodes[0], f.settings, f.online, online, 2, TakenPicks(f.episodes[0], 2), {true, false});
  EXPECT_NEAR(values.chosen[2 * 4].item<float>(), chosen, 1e-5);
  const float next = MixRow(f.episodes[0], f.settings, f.target, target, 2, BestPicks(online, 2), {true, false});
  EXPECT_NEAR(values.targets[1 * 4], RewardOf(f.episodes[0], 1) + 0.9f * next, 1e-5);
}

TEST(ValueLoss, AnAgentThatMissedEveryStepGivesNoGradientToTheAgentNetwork) {
  std::vector<v1::Episode> episodes = FourEpisodes();
  for (v1::Episode& episode : episodes) episode.mutable_mask()->assign(episode.mask().size(), 0);
  Fixture f(ValueExperiment(), episodes);
  const ValueGradient gradient = ComputeGradient(f.batch, f.online, f.target, f.settings, 10);
  const int64_t agent_size = AgentLayout(f.settings.agent).size();
  EXPECT_EQ(gradient.flat.narrow(0, 0, agent_size).abs().max().item<float>(), 0.0f);
  EXPECT_GT(gradient.flat.narrow(0, agent_size, gradient.flat.numel() - agent_size).abs().max().item<float>(), 0.0f);
}

TEST(ValueLoss, PaddingChangesNothing) {
  Fixture together;
  const double steps = 5 + 7 + 9 + 11;
  const ValueGradient whole = ComputeGradient(together.batch, together.online, together.target, together.settings, steps);
  at::Tensor sum = at::zeros_like(whole.flat);
  double squared_error = 0;
  for (const v1::Episode& episode : FourEpisodes()) {
    const v1::Episode* pointer = &episode;
    const Batch alone = MakeBatch(absl::MakeConstSpan(&pointer, 1), together.settings.agent);
    const ValueGradient part = ComputeGradient(alone, together.online, together.target, together.settings, steps);
    sum += part.flat;
    squared_error += part.squared_error;
  }
  EXPECT_NEAR(whole.squared_error, squared_error, 1e-4 * squared_error);
  EXPECT_LT((whole.flat - sum).abs().max().item<float>(), 1e-4);
}

double LossWithFixedTargets(Fixture* f, const std::vector<float>& targets) {
  const StepValues values = ComputeValues(f->batch, f->online, f->target, f->settings);
  const at::Tensor chosen = values.chosen.detach().reshape({-1});
  double loss = 0;
  for (size_t at = 0; at < targets.size(); ++at) {
    loss += values.weights[at] * std::pow(chosen[at].item<double>() - targets[at], 2) / 32.0;
  }
  return loss;
}

class Learners : public ::testing::TestWithParam<std::tuple<Mixing, v1::Network::Kind>> {};

TEST_P(Learners, TheGradientIsThatOfTheMeanSquaredErrorWithTargetsHeldFixed) {
  std::vector<v1::Episode> episodes = FourEpisodes();
  (*episodes[0].mutable_mask())[2 * kTestAgents + 1] = 0;
  Fixture f(ValueExperiment(std::get<1>(GetParam())), episodes, std::get<0>(GetParam()));
  const std::vector<float> targets = ComputeValues(f.batch, f.online, f.target, f.settings).targets;
  const ValueGradient gradient = ComputeGradient(f.batch, f.online, f.target, f.settings, 32);
  // Along random directions; a step of 0.01 of unit length balances float rounding against curvature.
  Rng rng(3);
  for (int trial = 0; trial < 3; ++trial) {
    at::Tensor direction = at::empty_like(f.online_flat);
    for (float& value : Values(direction)) value = static_cast<float>(rng.Normal());
    direction /= direction.norm();
    const double expected = (gradient.flat * direction).sum().item<double>();
    const at::Tensor origin = f.online_flat.clone();
    constexpr double kStep = 1e-2;
    f.online_flat.copy_(origin + kStep * direction);
    const double above = LossWithFixedTargets(&f, targets);
    f.online_flat.copy_(origin - kStep * direction);
    const double below = LossWithFixedTargets(&f, targets);
    f.online_flat.copy_(origin);
    EXPECT_NEAR((above - below) / (2 * kStep), expected, 1e-3 + 0.01 * std::abs(expected));
  }
}

TEST_P(Learners, AnEpisodeOfWeightTwoHasTheGradientOfHavingItTwice) {
  const v1::Experiment experiment = ValueExperiment(std::get<1>(GetParam()));
  Fixture once(experiment, FourEpisodes(), std::get<0>(GetParam()));
  once.batch.importance = {1, 2, 1, 0};
  std::vector<v1::Episode> episodes = FourEpisodes();
  episodes[3] = episodes[1];
  const Fixture twice(experiment, episodes, std::get<0>(GetParam()));
  const ValueGradient weighted = ComputeGradient(once.batch, once.online, once.target, once.settings, 32);
  const ValueGradient doubled = ComputeGradient(twice.batch, twice.online, twice.target, twice.settings, 32);
  EXPECT_NEAR(weighted.squared_error, doubled.squared_error, 1e-5 * doubled.squared_error);
  EXPECT_LT((weighted.flat - doubled.flat).norm().item<double>(), 1e-5 * doubled.flat.norm().item<double>());
}

INSTANTIATE_TEST_SUITE_P(Kinds, Learners,
                         ::testing::Combine(::testing::Values(Mixing::kMonotonic, Mixing::kSum, Mixing::kNone),
                                            ::testing::Values(v1::Network::PAPER, v1::Network::SHARED)));

// ---- four steps by hand ----

// Two agents, one server, two levels, discount 0.5: an episode of four steps that ends the task, in whose step 2 agent 1 is
// missing, beside one of five steps, so that its row 4 is padding. The networks hold level 0 for `level_0` and level 1 for
// `level_1` worth wherever they are, and the mixer adds the heads and 7.
struct ByHand {
  static constexpr int kEpisodes = 2;

  explicit ByHand(Mixing mixing) {
    experiment = ValueExperiment();
    experiment.mutable_agent()->mutable_action_levels()->Truncate(2);
    experiment.mutable_algorithm()->mutable_qmix()->set_discount(0.5);
    settings = ResolveValueSettings(ContextFor(shape, experiment), mixing).value();
    v1::Episode episode = RandomEpisode(0, shape, 4);
    episode.set_levels(std::string("\0\1\1\1\0\0\1\0", 8));
    episode.set_rewards(Bytes({10, 20, 30, 40}));
    episode.set_mask(std::string("\1\1\1\1\1\0\1\1", 8));
    episode.set_terminated(true);
    episodes = {episode, RandomEpisode(1, shape, 5)};
  }

  at::Tensor Flat(float level_0, float level_1) const {
    const ParameterLayout layout = JointLayout(settings);
    at::Tensor flat = at::zeros({layout.size()});
    for (size_t i = 0; i < layout.specs().size(); ++i) {
      at::Tensor tensor = flat.narrow(0, layout.offset(i), layout.specs()[i].size());
      const std::string& name = layout.specs()[i].name;
      if (name == "agent.fc4.bias") tensor.copy_(at::tensor({level_0, level_1}));
      // |W1| = 1/4 everywhere and |w2| = 1/2: the 8 units of the mixing layer together give the sum of the heads.
      if (name == "mixer.w1.fc2.bias") tensor.fill_(-0.25f);
      if (name == "mixer.w2.fc2.bias") tensor.fill_(-0.5f);
      if (name == "mixer.v.fc2.bias") tensor.fill_(7);
    }
    return flat;
  }

  // The gradient of the first episode's mean squared error, times `weight`, by the networks of Compute().
  ValueGradient GradientOfFirst(float weight) const {
    const at::Tensor online = Flat(1, 3), target = Flat(2, 1);
    const Batch batch = MakeBatch(Pointers(episodes), settings.agent, {weight, 0});
    return ComputeGradient(batch, ValueNetworks(settings, online, true), ValueNetworks(settings, target, false), settings,
                           /*valid_steps=*/4);
  }

  // What the online network (1 and 3) gives, targets by a target network of 2 and 1: it is asked for the level that the online
  // network holds best, level 1, worth 1.
  StepValues Compute() const {
    const at::Tensor online = Flat(1, 3), target = Flat(2, 1);
    const Batch batch = MakeBatch(Pointers(episodes), settings.agent);
    return ComputeValues(batch, ValueNetworks(settings, online, false), ValueNetworks(settings, target, false), settings);
  }

  const BatchShape shape{2, 1, 2};
  v1::Experiment experiment;
  ValueSettings settings;
  std::vector<v1::Episode> episodes;
};

// Column of episode 0, `width` values per step, five steps.
std::vector<float> OfEpisode0(const float* values, int width) {
  std::vector<float> column;
  for (int step = 0; step < 5; ++step) {
    const float* row = values + step * ByHand::kEpisodes * width;
    column.insert(column.end(), row, row + width);
  }
  return column;
}

void ExpectByHand(Mixing mixing, const std::vector<float>& chosen, const std::vector<float>& targets,
                  const std::vector<float>& weights) {
  const ByHand hand(mixing);
  const StepValues values = hand.Compute();
  const int width = mixing == Mixing::kNone ? 2 : 1;
  const at::Tensor found = values.chosen.contiguous();
  std::vector<float> found_chosen = OfEpisode0(found.data_ptr<float>(), width);
  found_chosen.resize(4 * width);  // what padding is worth is of no consequence
  EXPECT_EQ(found_chosen, chosen);
  EXPECT_EQ(OfEpisode0(values.targets.data(), width), targets);
  EXPECT_EQ(OfEpisode0(values.weights.data(), width), weights);
}

TEST(FourStepsByHand, Vdn) {
  // Levels (0,1) (1,1) (0,missing) (1,0). Targets: 10 + (1+1)/2, 20 + 1/2 (one agent is missing at row 2), 30 + (1+1)/2, 40.
  ExpectByHand(Mixing::kSum, {4, 6, 1, 4}, {11, 20.5f, 31, 40, 0}, {1, 1, 1, 1, 0});
}

TEST(FourStepsByHand, Qmix) {
  // As vdn with 7 added to every joint value: half of it comes to every target that bootstraps.
  ExpectByHand(Mixing::kMonotonic, {11, 13, 8, 11}, {14.5f, 24, 34.5f, 40, 0}, {1, 1, 1, 1, 0});
}

TEST(FourStepsByHand, Iql) {
  // Every head on its own; the missing agent's head counts for nothing in step 2, and is followed through it.
  ExpectByHand(Mixing::kNone, {1, 3, 3, 3, 1, 1, 3, 1}, {10.5f, 10.5f, 20.5f, 20.5f, 30.5f, 30.5f, 40, 40, 0, 0},
               {0.5f, 0.5f, 0.5f, 0.5f, 0.5f, 0, 0.5f, 0.5f, 0, 0});
}

TEST(FourStepsByHand, OfVdnWithAWeightOfOneHalf) {
  // Errors of the first episode: 4 - 11, 6 - 20.5, 1 - 31, 4 - 40; their squares add up to 2455.25. The second weighs nothing.
  const ByHand hand(Mixing::kSum);
  const ValueGradient sums = hand.GradientOfFirst(0.5f);
  EXPECT_DOUBLE_EQ(sums.squared_error, 0.5 * 2455.25);
  // The slope in a level's value is 2 x 0.5 / 4 of the errors of the steps in which it was taken, once per head that took it:
  // level 0 in steps 0, 2 and 3, level 1 in steps 0, twice in 1, and in 3.
  const ParameterLayout layout = JointLayout(hand.settings);
  for (size_t i = 0; i < layout.specs().size(); ++i) {
    if (layout.specs()[i].name != "agent.fc4.bias") continue;
    EXPECT_FLOAT_EQ(sums.flat[layout.offset(i)].item<float>(), -0.25f * (7 + 30 + 36));
    EXPECT_FLOAT_EQ(sums.flat[layout.offset(i) + 1].item<float>(), -0.25f * (7 + 2 * 14.5f + 36));
  }
}

TEST(FourStepsByHand, TheErrorsOfEpisodesAreToldWithoutTheirWeights) {
  for (Mixing mixing : {Mixing::kMonotonic, Mixing::kSum, Mixing::kNone}) {
    const ValueGradient whole = ByHand(mixing).GradientOfFirst(1), half = ByHand(mixing).GradientOfFirst(0.5f);
    EXPECT_EQ(whole.absolute_errors, half.absolute_errors);
    EXPECT_EQ(whole.absolute_error, half.absolute_error);
    EXPECT_EQ(whole.chosen, half.chosen);
    EXPECT_EQ(whole.target, half.target);
    EXPECT_GT(half.absolute_errors[1], 0);
  }
  EXPECT_DOUBLE_EQ(ByHand(Mixing::kSum).GradientOfFirst(0.5f).absolute_errors[0], 7 + 14.5 + 30 + 36);
}

}  // namespace
}  // namespace evenkeel
