#include <gtest/gtest.h>

#include <cmath>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include "algorithms/nets/agent_network.h"
#include "algorithms/nets/gru.h"
#include "algorithms/nets/monotonic_mixer.h"
#include "algorithms/nets/parameter_views.h"
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

const AgentNetworkShape kAgentShape{/*input=*/6, /*hidden=*/kHidden, /*servers=*/2, /*levels=*/3};

TEST(AgentNetwork, GradientsMatchFiniteDifferences) {
  Rng rng(5);
  const auto parameters = RandomParameters(AgentNetworkParameters(kAgentShape), &rng);
  const AgentNetwork network(kAgentShape, parameters);
  const at::Tensor inputs = RandomDouble({kSteps, kRows, 6}, &rng), initial = at::zeros({kRows, kHidden}, at::kDouble);
  const at::Tensor direction = RandomDouble({kSteps, kRows, 2, 3}, &rng);
  ExpectGradientsMatch(parameters, [&] { return (network.Forward(inputs, initial) * direction).sum(); });
}

TEST(AgentNetwork, ASequenceAtOnceEqualsItsStepsOneByOne) {
  Rng rng(6);
  const auto parameters = RandomParameters(AgentNetworkParameters(kAgentShape), &rng);
  const at::NoGradGuard no_gradients;
  const AgentNetwork network(kAgentShape, parameters);
  const at::Tensor inputs = RandomDouble({kSteps, kRows, 6}, &rng);
  at::Tensor hidden = at::zeros({kRows, kHidden}, at::kDouble), last;
  const at::Tensor at_once = network.Forward(inputs, hidden, &last);
  for (int64_t step = 0; step < kSteps; ++step) {
    const at::Tensor values = network.Forward(inputs.narrow(0, step, 1), hidden, &hidden);
    EXPECT_LT((values[0] - at_once[step]).abs().max().item<double>(), 1e-12) << step;
  }
  EXPECT_LT((hidden - last).abs().max().item<double>(), 1e-12);
}

TEST(AgentNetwork, ValuesAreNotSquashedIntoProbabilities) {
  Rng rng(7);
  auto parameters = RandomParameters(AgentNetworkParameters(kAgentShape), &rng);
  const at::NoGradGuard no_gradients;
  const at::Tensor inputs = RandomDouble({1, 1, 6}, &rng), initial = at::zeros({1, kHidden}, at::kDouble);
  const at::Tensor values = AgentNetwork(kAgentShape, parameters).Forward(inputs, initial);
  parameters[10].mul_(100);
  parameters[11].mul_(100);
  const at::Tensor hundredfold = AgentNetwork(kAgentShape, parameters).Forward(inputs, initial);
  EXPECT_LT((hundredfold - 100 * values).abs().max().item<double>(), 1e-9);
}

const MixerShape kMixerShape{/*heads=*/4, /*state=*/5, /*embed=*/3, /*hypernet_hidden=*/6};

TEST(MonotonicMixer, GradientsMatchFiniteDifferences) {
  Rng rng(8);
  auto inputs = RandomParameters(MixerParameters(kMixerShape), &rng);
  const MonotonicMixer mixer(kMixerShape, inputs);
  const at::Tensor states = RandomDouble({kRows, 5}, &rng), direction = RandomDouble({kRows}, &rng);
  const at::Tensor heads = RandomDouble({kRows, 4}, &rng, true);
  inputs.push_back(heads);
  ExpectGradientsMatch(inputs, [&] { return (mixer.Forward(heads, states) * direction).sum(); });
}

TEST(MonotonicMixer, NeverFallsWhenAnyHeadRises) {
  Rng rng(9);
  const auto parameters = RandomParameters(MixerParameters(kMixerShape), &rng);
  const MonotonicMixer mixer(kMixerShape, parameters);
  const at::Tensor states = RandomDouble({200, 5}, &rng), heads = RandomDouble({200, 4}, &rng, true);
  const at::Tensor gradient = torch::autograd::grad({mixer.Forward(3 * heads, states).sum()}, {heads})[0];
  EXPECT_GE(gradient.min().item<double>(), 0.0);
  EXPECT_GT(gradient.mean().item<double>(), 0.0);
}

TEST(MonotonicMixer, DependsOnTheState) {
  Rng rng(10);
  const auto parameters = RandomParameters(MixerParameters(kMixerShape), &rng);
  const MonotonicMixer mixer(kMixerShape, parameters);
  const at::Tensor heads = RandomDouble({1, 4}, &rng).expand({2, 4}).contiguous();
  const at::Tensor values = mixer.Forward(heads, RandomDouble({2, 5}, &rng));
  EXPECT_NE(values[0].item<double>(), values[1].item<double>());
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
