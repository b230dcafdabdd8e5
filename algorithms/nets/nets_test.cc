#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>
#include <tuple>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include "algorithms/nets/agent_network.h"
#include "algorithms/nets/agent_network_layout.h"
#include "algorithms/nets/gru.h"
#include "algorithms/nets/linear.h"
#include "algorithms/nets/monotonic_mixer.h"
#include "algorithms/nets/parameter_views.h"
#include "algorithms/nets/shared_mixer.h"
#include "common/rng.h"

namespace evenkeel {
namespace {

at::Tensor RandomDouble(at::IntArrayRef shape, Rng* rng, bool with_gradients = false) {
  at::Tensor tensor = at::empty(shape, at::kDouble);
  double* values = tensor.data_ptr<double>();
  for (int64_t i = 0; i < tensor.numel(); ++i) values[i] = 0.5 * rng->Normal();
  return tensor.requires_grad_(with_gradients);
}

std::vector<at::Tensor> RandomParameters(const std::vector<ParameterSpec>& specs, Rng* rng) {
  std::vector<at::Tensor> parameters;
  for (const ParameterSpec& spec : specs) parameters.push_back(RandomDouble(spec.shape, rng, true));
  return parameters;
}

// Compares the gradient of scalar `f` with central differences at a few elements of each of `inputs`.
template <typename Function>
void ExpectGradientsMatch(const std::vector<at::Tensor>& inputs, Function f) {
  const auto gradients = torch::autograd::grad({f()}, inputs);
  const at::NoGradGuard no_gradients;
  constexpr double kStep = 1e-6;
  for (size_t input = 0; input < inputs.size(); ++input) {
    double* values = inputs[input].data_ptr<double>();
    const int64_t stride = std::max<int64_t>(1, inputs[input].numel() / 7);
    for (int64_t at = 0; at < inputs[input].numel(); at += stride) {
      const double origin = values[at];
      values[at] = origin + kStep;
      const double above = f().template item<double>();
      values[at] = origin - kStep;
      const double below = f().template item<double>();
      values[at] = origin;
      const double expected = gradients[input].reshape({-1})[at].template item<double>();
      EXPECT_NEAR((above - below) / (2 * kStep), expected, 1e-6 * (1 + std::abs(expected))) << input << " at " << at;
    }
  }
}

constexpr int64_t kSteps = 5, kRows = 3, kHidden = 4;

struct GruInputs {
  explicit GruInputs(uint64_t seed)
      : rng(seed),
        gates(RandomDouble({kSteps, kRows, 3 * kHidden}, &rng, true)),
        initial(RandomDouble({kRows, kHidden}, &rng)),
        weight(RandomDouble({3 * kHidden, kHidden}, &rng, true)),
        bias(RandomDouble({3 * kHidden}, &rng, true)),
        direction(RandomDouble({kSteps, kRows, kHidden}, &rng)) {}
  Rng rng;
  at::Tensor gates, initial, weight, bias, direction;
};

TEST(GruSequence, AgreesWithLibTorchsOwn) {
  GruInputs g(1);
  // LibTorch's takes x and W_ih: with the identity and no bias, gate inputs are x itself.
  const at::Tensor identity = at::eye(3 * kHidden, at::kDouble);
  const at::Tensor none = at::zeros({3 * kHidden}, at::kDouble);
  const at::Tensor expected = std::get<0>(at::gru(g.gates, g.initial.unsqueeze(0), {identity, g.weight, none, g.bias},
                                                  true, 1, 0.0, false, false, false));
  EXPECT_LT((GruSequence(g.gates, g.initial, g.weight, g.bias) - expected).abs().max().item<double>(), 1e-12);
}

TEST(GruSequence, FloatAgreesWithDoubleAndWithAndWithoutGradients) {
  GruInputs g(2);
  const at::Tensor expected = GruSequence(g.gates, g.initial, g.weight, g.bias);
  const auto to_float = [](const at::Tensor& x) { return x.to(at::kFloat); };
  const at::Tensor with = GruSequence(to_float(g.gates), to_float(g.initial), to_float(g.weight), to_float(g.bias));
  EXPECT_LT((with.to(at::kDouble) - expected).abs().max().item<double>(), 1e-6);
  const at::NoGradGuard no_gradients;
  const at::Tensor without = GruSequence(to_float(g.gates), to_float(g.initial), to_float(g.weight), to_float(g.bias));
  EXPECT_TRUE(with.equal(without));
}

TEST(GruSequence, SaturatedGatesGiveTheLimits) {
  const at::Tensor initial = at::full({1, 8}, 0.25f), weight = at::zeros({24, 8}), bias = at::zeros({24});
  at::Tensor gates = at::full({1, 1, 24}, 1e6f);
  EXPECT_TRUE(GruSequence(gates, initial, weight, bias).allclose(at::full({1, 1, 8}, 0.25f)));  // z = 1 keeps the state
  gates.narrow(2, 8, 8).fill_(-1e6f);
  EXPECT_TRUE(GruSequence(gates, initial, weight, bias).allclose(at::ones({1, 1, 8})));  // z = 0, c = 1
  gates.narrow(2, 16, 8).fill_(-1e6f);
  EXPECT_TRUE(GruSequence(gates, initial, weight, bias).allclose(-at::ones({1, 1, 8})));  // c = -1
}

TEST(GruSequence, GradientsMatchFiniteDifferences) {
  GruInputs g(3);
  ExpectGradientsMatch({g.gates, g.weight, g.bias}, [&] {
    return (GruSequence(g.gates, g.initial, g.weight, g.bias) * g.direction).sum();
  });
}

TEST(GruSequence, GradientsOfASingleStepMatchFiniteDifferences) {
  Rng rng(4);
  const at::Tensor gates = RandomDouble({1, kRows, 3 * kHidden}, &rng, true);
  GruInputs g(4);
  ExpectGradientsMatch({gates, g.weight, g.bias}, [&] {
    return (GruSequence(gates, g.initial, g.weight, g.bias) * g.direction.narrow(0, 0, 1)).sum();
  });
}

// ---- fully connected layers ----

TEST(Linear, AgreesWithLibTorchsAndSoDoItsGradientsOverManyRowsWithAndWithoutRelu) {
  Rng rng(11);
  const at::Tensor x = RandomDouble({150, 9}, &rng, true).detach().to(at::kFloat).requires_grad_(true);
  const at::Tensor weight = RandomDouble({21, 9}, &rng).to(at::kFloat).requires_grad_(true);
  const at::Tensor bias = RandomDouble({21}, &rng).to(at::kFloat).requires_grad_(true);
  const at::Tensor direction = RandomDouble({150, 21}, &rng).to(at::kFloat);
  for (bool relu : {false, true}) {
    const at::Tensor ours = relu ? LinearRelu(x, weight, bias) : Linear(x, weight, bias);
    const at::Tensor plain = at::linear(x, weight, bias), expected = relu ? at::relu(plain) : plain;
    EXPECT_TRUE(ours.allclose(expected, 1e-5, 1e-6)) << relu;
    const auto gradients = torch::autograd::grad({(ours * direction).sum()}, {x, weight, bias});
    const auto others = torch::autograd::grad({(expected * direction).sum()}, {x, weight, bias});
    for (size_t i = 0; i < 3; ++i) EXPECT_TRUE(gradients[i].allclose(others[i], 1e-4, 1e-5)) << relu << " " << i;
    const at::NoGradGuard no_gradients;
    EXPECT_TRUE((relu ? LinearRelu(x, weight, bias) : Linear(x, weight, bias)).equal(ours));
  }
}

TEST(Linear, ReluKeepsWhatIsNotANumberSoThatTheTrainerFindsIt) {
  const at::Tensor x = at::full({2, 3}, std::nan("")), weight = at::ones({4, 3}), bias = at::zeros({4});
  EXPECT_TRUE(LinearRelu(x, weight, bias).isnan().all().item<bool>());
}

// ---- the agents' networks, each kind with and without memory ----

constexpr int64_t kServers = 3, kLevels = 2, kRow = 2;  // SHARED reads kRow inputs per server

class AgentNetworks : public ::testing::TestWithParam<std::tuple<bool, bool>> {
 protected:
  AgentNetworks()
      : shape_{std::get<0>(GetParam()), std::get<1>(GetParam()), kServers * kRow, kHidden, kServers, kLevels},
        parameters_(RandomParameters(AgentNetworkParameters("agent", shape_), &rng_)),
        network_(MakeAgentNetwork(shape_, parameters_)),
        inputs_(RandomDouble({kSteps, kRows, kServers * kRow}, &rng_)) {}

  Rng rng_{5};
  const AgentNetworkShape shape_;
  const std::vector<at::Tensor> parameters_;
  const std::unique_ptr<AgentNetwork> network_;
  const at::Tensor inputs_;
};

TEST_P(AgentNetworks, GradientsMatchFiniteDifferences) {
  const at::Tensor direction = RandomDouble({kSteps, kRows, kServers, kLevels}, &rng_);
  ExpectGradientsMatch(parameters_, [&] {
    return (network_->Forward(inputs_, network_->InitialState(kRows)) * direction).sum();
  });
}

TEST_P(AgentNetworks, ASequenceAtOnceEqualsItsStepsOneByOne) {
  const at::NoGradGuard no_gradients;
  at::Tensor state = network_->InitialState(kRows), last;
  const at::Tensor at_once = network_->Forward(inputs_, state, &last);
  for (int64_t step = 0; step < kSteps; ++step) {
    const at::Tensor values = network_->Forward(inputs_.narrow(0, step, 1), state, &state);
    EXPECT_LT((values[0] - at_once[step]).abs().max().item<double>(), 1e-12) << step;
  }
  EXPECT_TRUE(state.allclose(last, 0, 1e-12));
}

TEST_P(AgentNetworks, ABatchOfAgentsEqualsEachAgentAlone) {
  const at::NoGradGuard no_gradients;
  at::Tensor last;
  const at::Tensor together = network_->Forward(inputs_, network_->InitialState(kRows), &last);
  for (int64_t row = 0; row < kRows; ++row) {
    at::Tensor last_alone;
    const at::Tensor alone =
        network_->Forward(inputs_.narrow(1, row, 1), network_->InitialState(1), &last_alone);
    EXPECT_LT((alone.select(1, 0) - together.select(1, row)).abs().max().item<double>(), 1e-12);
    EXPECT_TRUE(last_alone[0].allclose(last[row], 0, 1e-12));
  }
}

TEST_P(AgentNetworks, RemembersEarlierStepsIfAndOnlyIfItIsRecurrent) {
  const at::NoGradGuard no_gradients;
  at::Tensor other = inputs_.clone();
  other[0].add_(1);
  const at::Tensor change = network_->Forward(other, network_->InitialState(kRows)) -
                            network_->Forward(inputs_, network_->InitialState(kRows));
  EXPECT_GT(change[0].abs().max().item<double>(), 1e-3);
  EXPECT_EQ(change[kSteps - 1].abs().max().item<double>() > 1e-9, shape_.recurrent);
}

TEST_P(AgentNetworks, ValuesAreNotSquashedIntoProbabilities) {
  const at::NoGradGuard no_gradients;
  const at::Tensor values = network_->Forward(inputs_, network_->InitialState(kRows));
  for (size_t i = parameters_.size() - 2; i < parameters_.size(); ++i) parameters_[i].mul_(100);
  const at::Tensor hundredfold = network_->Forward(inputs_, network_->InitialState(kRows));
  EXPECT_LT((hundredfold - 100 * values).abs().max().item<double>(), 1e-9);
}

std::string NetworkName(const ::testing::TestParamInfo<std::tuple<bool, bool>>& info) {
  return std::string(std::get<0>(info.param) ? "Shared" : "Paper") + (std::get<1>(info.param) ? "" : "Memoryless");
}

INSTANTIATE_TEST_SUITE_P(Kinds, AgentNetworks,
                         ::testing::Combine(::testing::Bool(), ::testing::Bool()),
                         NetworkName);

// Rows of inputs with the servers in the order 2, 0, 1.
at::Tensor Permuted(const at::Tensor& inputs) {
  const at::Tensor rows = inputs.view({inputs.size(0), inputs.size(1), kServers, kRow});
  return at::stack({rows.select(2, 2), rows.select(2, 0), rows.select(2, 1)}, 2).reshape(inputs.sizes());
}

double LargestChangeUnderPermutation(bool shared) {
  Rng rng(6);
  const AgentNetworkShape shape{shared, true, kServers * kRow, kHidden, kServers, kLevels};
  const auto parameters = RandomParameters(AgentNetworkParameters("agent", shape), &rng);
  const at::NoGradGuard no_gradients;
  const auto network = MakeAgentNetwork(shape, parameters);
  const at::Tensor inputs = RandomDouble({kSteps, kRows, kServers * kRow}, &rng);
  const at::Tensor values = network->Forward(inputs, network->InitialState(kRows));
  const at::Tensor permuted = network->Forward(Permuted(inputs), network->InitialState(kRows));
  const at::Tensor expected = at::stack({values.select(2, 2), values.select(2, 0), values.select(2, 1)}, 2);
  return (permuted - expected).abs().max().item<double>();
}

TEST(SharedNetwork, PermutingTheServersPermutesTheirValues) {
  EXPECT_LT(LargestChangeUnderPermutation(/*shared=*/true), 1e-12);
}

TEST(PaperNetwork, KnowsServersByTheirPlaceSoThatTheTestAboveCanFail) {
  EXPECT_GT(LargestChangeUnderPermutation(/*shared=*/false), 1e-3);
}

TEST(SharedNetwork, ItsParametersAreTheSameForAnyNumberOfServersAndEqualServersGetEqualValues) {
  Rng rng(7);
  const AgentNetworkShape few{/*shared=*/true, true, kRow, kHidden, 1, kLevels};
  const AgentNetworkShape many{/*shared=*/true, true, 5 * kRow, kHidden, 5, kLevels};
  const auto specs = AgentNetworkParameters("agent", few);
  const auto parameters = RandomParameters(specs, &rng);
  ASSERT_EQ(ParameterLayout(specs).size(), ParameterLayout(AgentNetworkParameters("agent", many)).size());
  const at::NoGradGuard no_gradients;
  const auto one = MakeAgentNetwork(few, parameters), five = MakeAgentNetwork(many, parameters);
  const at::Tensor inputs = RandomDouble({kSteps, kRows, kRow}, &rng);
  const at::Tensor values = one->Forward(inputs, one->InitialState(kRows));
  const at::Tensor repeated = five->Forward(inputs.repeat({1, 1, 5}), five->InitialState(kRows));
  EXPECT_LT((repeated - values).abs().max().item<double>(), 1e-12);
}

// ---- the mixers, both kinds ----

const MixerShape kMixerShape{/*heads=*/4, /*state=*/8, /*embed=*/3, /*hypernet_hidden=*/6};

class Mixers : public ::testing::TestWithParam<bool> {
 protected:
  Mixers()
      : shared_(GetParam()),
        parameters_(RandomParameters(shared_ ? SharedMixerParameters(kMixerShape) : MonotonicMixerParameters(kMixerShape),
                                     &rng_)) {
    if (shared_) {
      mixer_ = std::make_unique<SharedMixer>(kMixerShape, parameters_);
    } else {
      mixer_ = std::make_unique<MonotonicMixer>(parameters_);
    }
  }

  Rng rng_{8};
  const bool shared_;
  std::vector<at::Tensor> parameters_;
  std::unique_ptr<Mixer> mixer_;
};

TEST_P(Mixers, GradientsMatchFiniteDifferences) {
  const at::Tensor states = RandomDouble({kRows, 8}, &rng_), direction = RandomDouble({kRows}, &rng_);
  const at::Tensor heads = RandomDouble({kRows, 4}, &rng_, true);
  parameters_.push_back(heads);
  ExpectGradientsMatch(parameters_, [&] { return (mixer_->Forward(heads, states) * direction).sum(); });
}

TEST_P(Mixers, NeverFallsWhenAnyHeadRises) {
  const at::NoGradGuard no_gradients;
  const at::Tensor states = 2 * RandomDouble({200, 8}, &rng_), heads = 6 * RandomDouble({200, 4}, &rng_);
  const at::Tensor before = mixer_->Forward(heads, states);
  for (int64_t head = 0; head < 4; ++head) {
    at::Tensor raised = heads.clone();
    raised.select(1, head).add_(1e-3);
    const at::Tensor rise = mixer_->Forward(raised, states) - before;
    EXPECT_GE(rise.min().item<double>(), -1e-12) << head;
    EXPECT_GT(rise.mean().item<double>(), 1e-6) << head;
  }
}

TEST_P(Mixers, DependsOnTheState) {
  const at::Tensor heads = RandomDouble({1, 4}, &rng_).expand({2, 4}).contiguous();
  const at::Tensor values = mixer_->Forward(heads, RandomDouble({2, 8}, &rng_));
  EXPECT_NE(values[0].item<double>(), values[1].item<double>());
}

INSTANTIATE_TEST_SUITE_P(Kinds, Mixers, ::testing::Bool(),
                         [](const auto& info) { return info.param ? "Shared" : "Paper"; });

TEST(SharedMixer, DoesNotKnowTheOrderOfTheHeads) {
  Rng rng(9);
  const auto parameters = RandomParameters(SharedMixerParameters(kMixerShape), &rng);
  const SharedMixer mixer(kMixerShape, parameters);
  const at::Tensor heads = RandomDouble({kRows, 4}, &rng), states = RandomDouble({kRows, 4, 2}, &rng);
  const at::Tensor straight = mixer.Forward(heads, states.view({kRows, 8}));
  const at::Tensor flipped = mixer.Forward(heads.flip({1}), states.flip({1}).reshape({kRows, 8}));
  EXPECT_LT((straight - flipped).abs().max().item<double>(), 1e-12);
  const at::Tensor mismatched = mixer.Forward(heads.flip({1}), states.view({kRows, 8}));
  EXPECT_GT((straight - mismatched).abs().max().item<double>(), 1e-6);
}

TEST(ParameterViews, AreWindowsOfTheFlatTensor) {
  const ParameterLayout layout({{"a", {2, 2}, 1}, {"b", {3}, 1}});
  at::Tensor flat = at::arange(7, at::kFloat);
  const auto views = ParameterViews(layout, flat, true);
  EXPECT_EQ(views[1][0].item<float>(), 4.0f);
  flat.fill_(9);
  EXPECT_EQ(views[0][1][1].item<float>(), 9.0f);
  EXPECT_TRUE(views[0].is_leaf() && views[0].requires_grad());
}

}  // namespace
}  // namespace evenkeel
