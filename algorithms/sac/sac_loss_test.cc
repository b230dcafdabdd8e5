#include "algorithms/sac/sac_loss.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include "absl/strings/match.h"
#include "algorithms/learned_policy.h"
#include "algorithms/nets/parameter_views.h"
#include "algorithms/sac/sac_for_test.h"
#include "common/rng.h"

namespace evenkeel {
namespace {

// ---- the actor's loss on one head of three levels ----

std::vector<double> ActorGradient(const std::vector<double>& logits, const std::vector<double>& values, double temperature) {
  const at::Tensor leaf = at::tensor(logits, at::kDouble).requires_grad_(true);
  const at::Tensor loss = -SoftValues(at::log_softmax(leaf, 0), at::tensor(values, at::kDouble), temperature);
  const at::Tensor gradient = torch::autograd::grad({loss}, {leaf})[0].contiguous();
  return {gradient.data_ptr<double>(), gradient.data_ptr<double>() + 3};
}

// d/dlogit_k of sum_a pi_a l_a, l_a = temperature log pi_a - Q_a, is pi_k (l_k - sum_a pi_a l_a): what l_k itself changes by
// sums to 0 over the levels.
std::vector<double> ActorGradientByHand(const std::vector<double>& logits, const std::vector<double>& values,
                                        double temperature) {
  double sum = 0, mean = 0;
  for (double logit : logits) sum += std::exp(logit);
  std::vector<double> policy, losses, gradient;
  for (int a = 0; a < 3; ++a) {
    policy.push_back(std::exp(logits[a]) / sum);
    losses.push_back(temperature * std::log(policy[a]) - values[a]);
    mean += policy[a] * losses[a];
  }
  for (int a = 0; a < 3; ++a) gradient.push_back(policy[a] * (losses[a] - mean));
  return gradient;
}

TEST(ActorLoss, ItsGradientFromAnEvenPolicyIsThatOfTheReference) {
  // method.md A1.9. With pi = 1/3 the gradient is (mean Q - Q) / 3; the mean here is 7.
  const std::vector<double> gradient = ActorGradient({0, 0, 0}, {7.66, 10.54, 2.80}, 0.1);
  EXPECT_NEAR(gradient[0], -0.22, 1e-12);
  EXPECT_NEAR(gradient[1], -1.18, 1e-12);
  EXPECT_NEAR(gradient[2], 1.40, 1e-12);
}

TEST(ActorLoss, ItsGradientIsTheAnalyticExpectationAtAnyPolicy) {
  const std::vector<double> logits = {0.3, -1.2, 0.8}, values = {2, 5, -1};
  const std::vector<double> found = ActorGradient(logits, values, 0.7), by_hand = ActorGradientByHand(logits, values, 0.7);
  for (int a = 0; a < 3; ++a) EXPECT_NEAR(found[a], by_hand[a], 1e-12) << a;
}

TEST(ActorLoss, TheSampledFormOfTheReleasedCodeWouldGiveNothingOnAverage) {
  // mean(temperature log pi(a) - Q(a)) of a drawn level a: weighted with the chance that each is drawn, its gradient is 0,
  // where that of the expectation is not.
  const std::vector<double> logits = {0.3, -1.2, 0.8}, values = {2, 5, -1};
  const at::Tensor leaf = at::tensor(logits, at::kDouble).requires_grad_(true);
  const at::Tensor log_policy = at::log_softmax(leaf, 0);
  at::Tensor sampled = at::zeros({3}, at::kDouble);
  for (int a = 0; a < 3; ++a) {
    const at::Tensor loss = 0.7 * log_policy[a] - values[a];
    sampled += log_policy.detach()[a].exp() * torch::autograd::grad({loss}, {leaf}, {}, /*retain_graph=*/true)[0];
  }
  EXPECT_LT(sampled.abs().max().item<double>(), 1e-12);
  EXPECT_GT(std::abs(ActorGradient(logits, values, 0.7)[1]), 0.1);
}

// ---- a whole batch ----

at::Tensor RandomFlat(const ParameterLayout& layout, uint64_t seed) {
  const std::vector<float> initial = layout.Initial(Rng(seed));
  at::Tensor flat = at::empty({layout.size()});
  std::copy(initial.begin(), initial.end(), Values(flat).begin());
  return flat;
}

struct Fixture {
  explicit Fixture(const Kind& kind, const v1::Experiment& experiment, std::vector<v1::Episode> from)
      : settings(ResolveSacSettings(ContextOf(experiment), std::get<0>(kind)).value()),
        actor_flat(RandomFlat(AgentLayout(settings.agent), 1)),
        critic_flat(RandomFlat(CriticLayout(settings), 2)),
        target_flat(RandomFlat(CriticLayout(settings), 3)),
        networks(settings, actor_flat, critic_flat, target_flat),
        episodes(std::move(from)),
        batch(MakeBatch(Pointers(episodes), settings.agent)) {}

  double Heads() const { return CountHeads(Pointers(episodes), settings); }

  SacSettings settings;
  at::Tensor actor_flat, critic_flat, target_flat;
  SacNetworks networks;
  std::vector<v1::Episode> episodes;
  Batch batch;
};

constexpr double kTemperature = 0.3;

// Four episodes; the second ends its task, and agent 1 misses step 2 of the first.
std::vector<v1::Episode> EpisodesWithEverything() {
  std::vector<v1::Episode> episodes = FourEpisodes();
  episodes[1].set_terminated(true);
  (*episodes[0].mutable_mask())[2 * kTestAgents + 1] = 0;
  return episodes;
}

class Losses : public ::testing::TestWithParam<Kind> {
 protected:
  v1::Experiment ExperimentOf(int burn_in) {
    v1::Experiment experiment = SacExperiment(std::get<1>(GetParam()));
    experiment.mutable_algorithm()->mutable_sac()->set_burn_in_steps(burn_in);
    return experiment;
  }
  Fixture Make(int burn_in = 0) { return Fixture(GetParam(), ExperimentOf(burn_in), EpisodesWithEverything()); }
};

TEST_P(Losses, TargetsAreTheRewardAndTheSoftValueOfTheNextRowByTheLesserTargetCritic) {
  const Fixture f = Make();
  const at::NoGradGuard no_gradients;
  const HeadTerms terms = ComputeTerms(f.batch, f.networks, f.settings, kTemperature);
  const auto critics = f.networks.targets.Forward(f.batch, f.batch.steps + 1);
  const int64_t sequences = 4 * kTestAgents;
  const at::Tensor inputs = at::from_blob(const_cast<float*>(f.batch.inputs.data()),
                                          {f.batch.steps + 1, sequences, f.settings.agent.shape.input()}, at::kFloat);
  const at::Tensor logits = f.networks.actor->Forward(inputs, f.networks.actor->InitialState(sequences));
  for (int e = 0; e < 4; ++e) {
    const v1::Episode& episode = f.episodes[e];
    const auto* rewards = reinterpret_cast<const float*>(episode.rewards().data());
    for (int64_t step = 0; step < static_cast<int64_t>(episode.steps()); ++step) {
      for (int agent = 0; agent < kTestAgents; ++agent) {
        const int64_t sequence = e * kTestAgents + agent;
        double value = 0;
        for (int level = 0; level < kTestLevels; ++level) {
          const double log_p = at::log_softmax(logits[step + 1][sequence][1], 0)[level].item<double>();
          const double lesser = std::min(critics[0][step + 1][sequence][1][level].item<double>(),
                                         critics[1][step + 1][sequence][1][level].item<double>());
          value += std::exp(log_p) * (lesser - kTemperature * log_p);
        }
        const bool ended = episode.terminated() && step + 1 == static_cast<int64_t>(episode.steps());
        EXPECT_NEAR(terms.targets[step][sequence][1].item<double>(), rewards[step] + (ended ? 0 : 0.9 * value), 1e-5)
            << e << " " << step << " " << agent;
      }
    }
  }
}

// The mean loss of the batch as functions of the parameters, with what is held fixed taken from `fixed`.
double CriticLoss(const Fixture& f, const HeadTerms& fixed) {
  const HeadTerms terms = ComputeTerms(f.batch, f.networks, f.settings, kTemperature);
  const at::Tensor errors = (terms.chosen[0] - fixed.targets).square() + (terms.chosen[1] - fixed.targets).square();
  return 0.5 * (errors * terms.counts).sum(at::kDouble).item<double>() / f.Heads();
}

double ActorLoss(const Fixture& f) {
  const HeadTerms terms = ComputeTerms(f.batch, f.networks, f.settings, kTemperature);
  return -(terms.soft_values * terms.counts).sum(at::kDouble).item<double>() / f.Heads();
}

// Compares `gradient` with central differences of `loss` in `flat`, along random directions; a step of 0.01 of unit length
// balances float rounding against curvature.
template <typename Loss>
void ExpectGradientOf(const Loss& loss, const at::Tensor& gradient, at::Tensor flat) {
  Rng rng(3);
  for (int trial = 0; trial < 3; ++trial) {
    at::Tensor direction = at::empty_like(flat);
    for (float& value : Values(direction)) value = static_cast<float>(rng.Normal());
    // Half of the way along the gradient itself, so that what is compared is not all noise.
    direction = direction / direction.norm() + gradient / gradient.norm();
    const double expected = (gradient * direction).sum().item<double>();
    const at::Tensor origin = flat.clone();
    constexpr double kStep = 1e-2;
    flat.copy_(origin + kStep * direction);
    const double above = loss();
    flat.copy_(origin - kStep * direction);
    const double below = loss();
    flat.copy_(origin);
    EXPECT_NEAR((above - below) / (2 * kStep), expected, 1e-4 + 0.02 * std::abs(expected));
  }
}

TEST_P(Losses, TheCriticsGradientIsThatOfTheMeanOverTheHeadsThatCountWithTargetsHeldFixed) {
  const Fixture f = Make(/*burn_in=*/1);
  const HeadTerms fixed = ComputeTerms(f.batch, f.networks, f.settings, kTemperature);
  const SacGradient gradient = ComputeGradient(f.batch, f.networks, f.settings, kTemperature, f.Heads());
  EXPECT_NEAR(gradient.squared_error / f.Heads(), CriticLoss(f, fixed), 1e-6);
  ExpectGradientOf([&] { return CriticLoss(f, fixed); }, gradient.critics, f.critic_flat);
}

TEST_P(Losses, TheActorsGradientIsThatOfTheMeanOverTheHeadsThatCountWithCriticsHeldFixed) {
  const Fixture f = Make(/*burn_in=*/1);
  const SacGradient gradient = ComputeGradient(f.batch, f.networks, f.settings, kTemperature, f.Heads());
  EXPECT_NEAR(-gradient.soft_value / f.Heads(), ActorLoss(f), 1e-6);
  ExpectGradientOf([&] { return ActorLoss(f); }, gradient.actor, f.actor_flat);
}

TEST_P(Losses, PaddingChangesNothing) {
  const Fixture together = Make(/*burn_in=*/1);
  const SacGradient whole =
      ComputeGradient(together.batch, together.networks, together.settings, kTemperature, together.Heads());
  SacGradient sum;
  sum.actor = at::zeros_like(together.actor_flat);
  sum.critics = at::zeros_like(together.critic_flat);
  for (const v1::Episode& episode : together.episodes) {
    const v1::Episode* pointer = &episode;
    const Batch alone = MakeBatch(absl::MakeConstSpan(&pointer, 1), together.settings.agent);
    sum.Add(ComputeGradient(alone, together.networks, together.settings, kTemperature, together.Heads()));
  }
  EXPECT_NEAR(whole.squared_error, sum.squared_error, 1e-4 * sum.squared_error);
  EXPECT_NEAR(whole.entropy, sum.entropy, 1e-4 * sum.entropy);
  EXPECT_LT((whole.critics - sum.critics).abs().max().item<float>(), 1e-5);
  EXPECT_LT((whole.actor - sum.actor).abs().max().item<float>(), 1e-5);
}

TEST_P(Losses, AnEpisodeOfWeightTwoHasTheGradientsOfHavingItTwice) {
  Fixture once = Make(/*burn_in=*/1);
  once.batch.importance = {1, 2, 1, 0};
  std::vector<v1::Episode> episodes = EpisodesWithEverything();
  episodes[3] = episodes[1];
  const Fixture twice(GetParam(), ExperimentOf(1), episodes);
  const SacGradient weighted = ComputeGradient(once.batch, once.networks, once.settings, kTemperature, 100);
  const SacGradient doubled = ComputeGradient(twice.batch, twice.networks, twice.settings, kTemperature, 100);
  EXPECT_NEAR(weighted.squared_error, doubled.squared_error, 1e-5 * doubled.squared_error);
  EXPECT_NEAR(weighted.soft_value, doubled.soft_value, 1e-5 * std::abs(doubled.soft_value));
  EXPECT_LT((weighted.critics - doubled.critics).norm().item<double>(), 1e-5 * doubled.critics.norm().item<double>());
  EXPECT_LT((weighted.actor - doubled.actor).norm().item<double>(), 1e-5 * doubled.actor.norm().item<double>());
}

TEST_P(Losses, HeadsCountInValidStepsOfPresentAgentsAfterTheBurnIn) {
  const Fixture f = Make(/*burn_in=*/2);
  const at::Tensor counts = ComputeTerms(f.batch, f.networks, f.settings, kTemperature).counts;
  for (int e = 0; e < 4; ++e) {
    for (int64_t step = 0; step < f.batch.steps; ++step) {
      for (int agent = 0; agent < kTestAgents; ++agent) {
        const bool missing = e == 0 && step == 2 && agent == 1;
        const bool counted = step >= 2 && step < static_cast<int64_t>(f.episodes[e].steps()) && !missing;
        EXPECT_EQ(counts[step][e * kTestAgents + agent].sum().item<float>(), counted ? kTestServers : 0) << e << step;
      }
    }
  }
  EXPECT_EQ(counts.sum().item<double>(), f.Heads());
}

TEST_P(Losses, TheStepsOfTheBurnInWarmTheMemory) {
  // What was seen in step 0, which does not count, changes the values of later steps.
  const Fixture f = Make(/*burn_in=*/1);
  std::vector<v1::Episode> changed = f.episodes;
  std::vector<float> seen(changed[0].observations().size() / sizeof(float));
  std::memcpy(seen.data(), changed[0].observations().data(), changed[0].observations().size());
  seen[0] += 50;  // open flows of server 0, as LB 0 sees them in step 0
  changed[0].set_observations(Bytes(seen));
  const Fixture g(GetParam(), ExperimentOf(1), changed);
  const HeadTerms before = ComputeTerms(f.batch, f.networks, f.settings, kTemperature);
  const HeadTerms after = ComputeTerms(g.batch, g.networks, g.settings, kTemperature);
  EXPECT_NE(before.chosen[0][1][0][0].item<float>(), after.chosen[0][1][0][0].item<float>());
  EXPECT_NE(before.entropies[1][0][0].item<float>(), after.entropies[1][0][0].item<float>());
}

TEST_P(Losses, OnlyCentralCriticsAndNoActorSeeWhatAnotherLbSaw) {
  const Fixture f = Make();
  std::vector<v1::Episode> changed = f.episodes;
  std::vector<float> seen(changed[0].observations().size() / sizeof(float));
  std::memcpy(seen.data(), changed[0].observations().data(), changed[0].observations().size());
  seen[kTestServers * kFeatures] += 50;  // open flows of server 0, as LB 1 sees them in step 0
  changed[0].set_observations(Bytes(seen));
  const Fixture g(GetParam(), ExperimentOf(0), changed);
  const HeadTerms before = ComputeTerms(f.batch, f.networks, f.settings, kTemperature);
  const HeadTerms after = ComputeTerms(g.batch, g.networks, g.settings, kTemperature);
  const bool central = std::get<0>(GetParam()) == Critics::kCentral;
  for (int critic = 0; critic < 2; ++critic) {
    EXPECT_EQ(before.chosen[critic][0][0][0].item<float>() != after.chosen[critic][0][0][0].item<float>(), central);
  }
  EXPECT_EQ(before.entropies[0][0][0].item<float>(), after.entropies[0][0][0].item<float>());
  EXPECT_NE(before.entropies[0][1][0].item<float>(), after.entropies[0][1][0].item<float>());
}

INSTANTIATE_TEST_SUITE_P(Kinds, Losses, ::testing::ValuesIn(AllKinds()),
                         [](const auto& info) { return NameOfKind(info.param); });

// ---- four steps by hand ----

// Two agents before one server of two levels, discount 0.5, temperature 0.5, one step of burn-in: an episode of four steps that
// ends the task, in whose step 2 agent 1 is missing, beside one of five steps that is cut by time and in which nobody took
// part, so that row 4 of the first is padding and the second adds nothing. Whatever they see, the actor takes level 1 three
// times as often as level 0, the critics hold levels 0 and 1 for (1, 3) and (2, 0), the target critics for (4, 8) and (6, 2).
struct ByHand {
  ByHand() : experiment(SacExperiment()) {
    experiment.mutable_agent()->mutable_action_levels()->Truncate(2);
    experiment.mutable_algorithm()->mutable_sac()->set_discount(0.5);
    experiment.mutable_algorithm()->mutable_sac()->set_burn_in_steps(1);
    settings = ResolveSacSettings(ContextFor(shape, experiment), Critics::kIndependent).value();
    v1::Episode episode = RandomEpisode(0, shape, 4), nobody = RandomEpisode(1, shape, 5);
    episode.set_levels(std::string("\0\1\1\1\0\0\1\0", 8));
    episode.set_rewards(Bytes({10, 20, 30, 40}));
    episode.set_mask(std::string("\1\1\1\1\1\0\1\1", 8));
    episode.set_terminated(true);
    nobody.set_rewards(Bytes({1, 2, 3, 4, 5}));
    nobody.set_mask(std::string(10, 0));
    episodes = {episode, nobody};
    batch = MakeBatch(Pointers(episodes), settings.agent);
  }

  // Parameters that are 0 but for the last biases.
  static at::Tensor Flat(const ParameterLayout& layout, const std::vector<std::vector<float>>& biases) {
    at::Tensor flat = at::zeros({layout.size()});
    size_t next = 0;
    for (size_t i = 0; i < layout.specs().size(); ++i) {
      if (!absl::EndsWith(layout.specs()[i].name, ".fc4.bias")) continue;
      std::copy(biases[next].begin(), biases[next].end(), Values(flat).begin() + layout.offset(i));
      ++next;
    }
    return flat;
  }

  SacNetworks Networks() const {
    const ParameterLayout critics = CriticLayout(settings);
    return SacNetworks(settings, Flat(AgentLayout(settings.agent), {{0, std::log(3.0f)}}), Flat(critics, {{1, 3}, {2, 0}}),
                       Flat(critics, {{4, 8}, {6, 2}}));
  }

  const BatchShape shape{2, 1, 2};
  v1::Experiment experiment;
  SacSettings settings;
  std::vector<v1::Episode> episodes;
  Batch batch;
};

// Entropy of (1/4, 3/4): 0.562335 nats. The lesser target critic is (4, 2): V = 1/4 x 4 + 3/4 x 2 + 0.5 x 0.562335.
constexpr double kEntropy = 0.5623351446;
constexpr double kNext = 2.5 + 0.5 * kEntropy;

TEST(FourStepsByHand, Targets) {
  const ByHand hand;
  const HeadTerms terms = ComputeTerms(hand.batch, hand.Networks(), hand.settings, 0.5);
  const std::vector<double> of_first = {10 + kNext / 2, 20 + kNext / 2, 30 + kNext / 2, 40, 0};
  const std::vector<double> of_second = {1 + kNext / 2, 2 + kNext / 2, 3 + kNext / 2, 4 + kNext / 2, 5 + kNext / 2};
  for (int step = 0; step < 5; ++step) {
    for (int agent = 0; agent < 2; ++agent) {
      EXPECT_NEAR(terms.targets[step][agent][0].item<double>(), of_first[step], 1e-5) << step;
      EXPECT_NEAR(terms.targets[step][2 + agent][0].item<double>(), of_second[step], 1e-5) << step;
    }
  }
}

TEST(FourStepsByHand, SumsOverTheHeadsThatCount) {
  const ByHand hand;
  const double heads = CountHeads(Pointers(hand.episodes), hand.settings);
  EXPECT_EQ(heads, 5);  // step 0 is burn-in: 2 of step 1, 1 of step 2, 2 of step 3
  const SacGradient sums = ComputeGradient(hand.batch, hand.Networks(), hand.settings, 0.5, heads);
  const double y1 = 20 + kNext / 2, y2 = 30 + kNext / 2, y3 = 40;
  // Levels 1 and 1; 0; 1 and 0. Level 0 is worth 1 and 2, level 1 is worth 3 and 0, by the one critic and by the other.
  const auto loss = [](int level, double y) {
    return 0.5 * (level == 0 ? (1 - y) * (1 - y) + (2 - y) * (2 - y) : (3 - y) * (3 - y) + y * y);
  };
  EXPECT_NEAR(sums.squared_error, 2 * loss(1, y1) + loss(0, y2) + loss(1, y3) + loss(0, y3), 1e-2);
  EXPECT_NEAR(sums.target, 2 * y1 + y2 + 2 * y3, 1e-4);
  EXPECT_NEAR(sums.chosen, 5 * 1.5, 1e-5);
  EXPECT_NEAR(sums.entropy, 5 * kEntropy, 1e-5);
  // The lesser critic holds the levels for (1, 0).
  EXPECT_NEAR(sums.soft_value, 5 * (0.25 * 1 + 0.5 * kEntropy), 1e-5);
}

TEST(FourStepsByHand, WeightsAreInTheLossesAlone) {
  ByHand hand;
  const SacGradient plain = ComputeGradient(hand.batch, hand.Networks(), hand.settings, 0.5, 5);
  hand.batch.importance = {0.25f, 1};
  const SacGradient weighted = ComputeGradient(hand.batch, hand.Networks(), hand.settings, 0.5, 5);
  EXPECT_NEAR(weighted.squared_error, 0.25 * plain.squared_error, 1e-3);
  EXPECT_NEAR(weighted.soft_value, 0.25 * plain.soft_value, 1e-6);
  EXPECT_LT((weighted.critics - 0.25 * plain.critics).abs().max().item<float>(), 1e-5);
  EXPECT_LT((weighted.actor - 0.25 * plain.actor).abs().max().item<float>(), 1e-6);
  EXPECT_GT(plain.critics.abs().max().item<float>(), 1);
  EXPECT_GT(plain.actor.abs().max().item<float>(), 0.01f);
  EXPECT_EQ(weighted.absolute_error, plain.absolute_error);
  EXPECT_EQ(weighted.absolute_errors, plain.absolute_errors);
  EXPECT_EQ(weighted.chosen, plain.chosen);
  EXPECT_EQ(weighted.target, plain.target);
  EXPECT_EQ(weighted.entropy, plain.entropy);
}

TEST(FourStepsByHand, ErrorsOfEachEpisode) {
  // Either level is worth 1.5 in the mean of the critics, and every target is more than any value. Nobody took part in the second.
  const ByHand hand;
  const SacGradient sums = ComputeGradient(hand.batch, hand.Networks(), hand.settings, 0.5, 5);
  const double targets = 2 * (20 + kNext / 2) + (30 + kNext / 2) + 2 * 40;
  ASSERT_EQ(sums.absolute_errors.size(), 2u);
  EXPECT_NEAR(sums.absolute_errors[0], targets - 5 * 1.5, 1e-4);
  EXPECT_EQ(sums.absolute_errors[1], 0);
}

}  // namespace
}  // namespace evenkeel
