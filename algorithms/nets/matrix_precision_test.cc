// Products of rounded operands against products that are rounded by hand and multiplied as double.
#include "algorithms/nets/matrix_precision.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <tuple>
#include <vector>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include "algorithms/nets/agent_network.h"
#include "algorithms/nets/agent_network_layout.h"
#include "algorithms/nets/gru.h"
#include "algorithms/nets/linear.h"
#include "algorithms/nets/matrix_product.h"
#include "common/rng.h"

namespace evenkeel {
namespace {

at::Tensor Random(at::IntArrayRef shape, Rng* rng, bool with_gradients = false) {
  at::Tensor tensor = at::empty(shape, at::kFloat);
  float* values = tensor.data_ptr<float>();
  for (int64_t i = 0; i < tensor.numel(); ++i) values[i] = static_cast<float>(0.5 * rng->Normal());
  return tensor.requires_grad_(with_gradients);
}

// To the nearest float whose lower 16 bits are 0, to the even one of two.
float RoundedByHand(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  bits = (bits + 0x7fff + ((bits >> 16) & 1)) & 0xffff0000u;
  std::memcpy(&value, &bits, sizeof(bits));
  return value;
}

// As double.
at::Tensor RoundedByHand(const at::Tensor& x) {
  at::Tensor rounded = x.detach().clone().contiguous();
  float* values = rounded.data_ptr<float>();
  for (int64_t i = 0; i < rounded.numel(); ++i) values[i] = RoundedByHand(values[i]);
  return rounded.to(at::kDouble);
}

double Norm(const at::Tensor& x) { return x.detach().to(at::kDouble).norm().item<double>(); }

double RelativeDifference(const at::Tensor& a, const at::Tensor& b) { return Norm(a.to(at::kDouble) - b.to(at::kDouble)) / Norm(b); }

class RoundingPrecisions : public ::testing::TestWithParam<MatrixPrecision> {
 protected:
  // Of a product's own rounding: none but float's, or one to bfloat16. Where the CPU has no such products, LibTorch 1.13 also sums
  // in bfloat16 for some of the ways that matrices may lie.
  static double Tolerance() {
    if (GetParam() == MatrixPrecision::kRoundedFloat32) return 1e-6;
    return CpuMultipliesBfloat16() ? 1.0 / 512 : 0.03;
  }
};

TEST_P(RoundingPrecisions, AnOperandIsRoundedToTheNearestAndToEven) {
  const std::vector<float> values = {1.0f, 1 + 0x1p-8f, 1 + 3 * 0x1p-8f, 1 + 0x1.2p-8f, -1 - 0x1p-7f, 0.1f, 3e38f, 0.0f};
  const at::Tensor operand = Operand(at::tensor(values), GetParam()).to(at::kFloat);
  for (size_t i = 0; i < values.size(); ++i) EXPECT_EQ(operand[i].item<float>(), RoundedByHand(values[i])) << values[i];
  EXPECT_EQ(operand[1].item<float>(), 1.0f);
}

TEST_P(RoundingPrecisions, AnOperandWrittenToAPlaceIsTheSame) {
  Rng rng(1);
  const at::Tensor x = Random({7, 9}, &rng), place = MakeOperands({7, 9}, x.options(), GetParam());
  OperandInto(x, GetParam(), place);
  EXPECT_EQ(place.scalar_type(), Operand(x, GetParam()).scalar_type());
  EXPECT_TRUE(place.equal(Operand(x, GetParam())));
}

TEST_P(RoundingPrecisions, DoublesAreNeverRounded) {
  Rng rng(2);
  const at::Tensor x = Random({5, 9}, &rng).to(at::kDouble), weight = Random({4, 9}, &rng).to(at::kDouble);
  const at::Tensor bias = Random({4}, &rng).to(at::kDouble);
  EXPECT_TRUE(Linear(x, weight, bias, GetParam()).equal(Linear(x, weight, bias)));
  EXPECT_EQ(MakeOperands({2}, x.options(), GetParam()).scalar_type(), at::kDouble);
}

TEST_P(RoundingPrecisions, ALayersProductIsThatOfOperandsRoundedByHandAndNotThatOfUnroundedOnes) {
  Rng rng(3);
  const at::Tensor x = Random({150, 37}, &rng), weight = Random({21, 37}, &rng), bias = Random({21}, &rng);
  const at::Tensor found = Linear(x, weight, bias, GetParam());
  const at::Tensor product = at::mm(RoundedByHand(x), RoundedByHand(weight).t());
  EXPECT_EQ(found.scalar_type(), at::kFloat);
  EXPECT_LT(RelativeDifference(found - bias, product), Tolerance());
  EXPECT_GT(RelativeDifference(found, Linear(x, weight, bias)), 1e-4);
  EXPECT_TRUE(LinearRelu(x, weight, bias, GetParam()).equal(at::relu(found)));
}

TEST_P(RoundingPrecisions, OperandsAreRoundedBeforeTheyAreMultiplied) {
  // 1 + 2^-9 is rounded to 1: what is left of it after 1 is taken away is 0, not 2^-9. Long enough for any way to multiply.
  const at::Tensor x = at::cat({at::full({32, 32}, 1 + 0x1p-9f), at::ones({32, 32})}, 1);
  const at::Tensor weight = at::cat({at::ones({32, 32}), -at::ones({32, 32})}, 1), none = at::zeros({32});
  EXPECT_EQ(Linear(x, weight, none, GetParam()).abs().max().item<float>(), 0.0f);
  EXPECT_GT(Linear(x, weight, none).abs().min().item<float>(), 0.05f);
}

TEST_P(RoundingPrecisions, ALayersGradientsAreProductsOfOperandsRoundedByHandAndItsBiasIsNotRounded) {
  Rng rng(4);
  const at::Tensor x = Random({150, 37}, &rng, true), weight = Random({21, 37}, &rng, true), bias = Random({21}, &rng, true);
  const at::Tensor gradient = Random({150, 21}, &rng);
  const auto found = torch::autograd::grad({Linear(x, weight, bias, GetParam())}, {x, weight, bias}, {gradient});
  const at::Tensor d = RoundedByHand(gradient);
  EXPECT_LT(RelativeDifference(found[0], at::mm(d, RoundedByHand(weight))), Tolerance());
  EXPECT_LT(RelativeDifference(found[1], at::mm(d.t(), RoundedByHand(x))), Tolerance());
  EXPECT_TRUE(found[2].allclose(gradient.sum(0), 1e-5, 1e-5));
  const auto exact = torch::autograd::grad({Linear(x, weight, bias)}, {x, weight, bias}, {gradient});
  for (size_t i = 0; i < 2; ++i) EXPECT_GT(RelativeDifference(found[i], exact[i]), 1e-4) << i;
}

// The same unit, a layer per step, every other operation LibTorch's.
at::Tensor GruStepByStep(const at::Tensor& gates, const at::Tensor& initial, const at::Tensor& weight, const at::Tensor& bias,
                         MatrixPrecision precision) {
  std::vector<at::Tensor> states;
  at::Tensor state = initial;
  for (int64_t step = 0; step < gates.size(0); ++step) {
    const auto given = gates[step].chunk(3, 1), recurrent = Linear(state, weight, bias, precision).chunk(3, 1);
    const at::Tensor reset = at::sigmoid(given[0] + recurrent[0]), update = at::sigmoid(given[1] + recurrent[1]);
    const at::Tensor candidate = at::tanh(given[2] + reset * recurrent[2]);
    state = (1 - update) * candidate + update * state;
    states.push_back(state);
  }
  return at::stack(states);
}

TEST_P(RoundingPrecisions, TheGruIsThatOfLayersPerStepAndSoAreItsGradients) {
  Rng rng(5);
  for (int64_t steps : {1, 6}) {
    const at::Tensor gates = Random({steps, 9, 48}, &rng, true), initial = Random({9, 16}, &rng);
    const at::Tensor weight = Random({48, 16}, &rng, true), bias = Random({48}, &rng, true);
    const at::Tensor gradient = Random({steps, 9, 16}, &rng);
    const at::Tensor found = GruSequence(gates, initial, weight, bias, GetParam());
    const at::Tensor expected = GruStepByStep(gates, initial, weight, bias, GetParam());
    // A state that differs in its last bit may be rounded to the other side.
    EXPECT_LT(RelativeDifference(found, expected), 1e-4);
    EXPECT_GT(RelativeDifference(found, GruSequence(gates, initial, weight, bias)), 1e-4);
    const auto gradients = torch::autograd::grad({found}, {gates, weight, bias}, {gradient});
    const auto others = torch::autograd::grad({expected}, {gates, weight, bias}, {gradient});
    // Each way rounds the result of every step.
    for (size_t i = 0; i < 3; ++i) EXPECT_LT(RelativeDifference(gradients[i], others[i]), std::max(1e-3, 2 * Tolerance())) << i;
    const at::NoGradGuard no_gradients;
    EXPECT_TRUE(GruSequence(gates, initial, weight, bias, GetParam()).equal(found)) << steps;
  }
}

TEST_P(RoundingPrecisions, ANetworksGradientIsNearThatInFloatAndNotIt) {
  constexpr int64_t kSteps = 12, kRows = 8, kServers = 3, kLevels = 5;
  for (bool shared : {false, true}) {
    for (bool recurrent : {false, true}) {
      Rng rng(6);
      const AgentNetworkShape shape{shared, recurrent, kServers * 4, 32, kServers, kLevels};
      std::vector<at::Tensor> parameters;
      for (const ParameterSpec& spec : AgentNetworkParameters("agent", shape)) {
        parameters.push_back((3 * Random(spec.shape, &rng) * spec.init_bound).requires_grad_(true));
      }
      const at::Tensor inputs = Random({kSteps, kRows, kServers * 4}, &rng);
      const auto gradient_at = [&](MatrixPrecision precision) {
        const auto network = MakeAgentNetwork(shape, parameters, precision);
        const at::Tensor error = network->Forward(inputs, network->InitialState(kRows)) - 1;
        std::vector<at::Tensor> flat;
        for (const at::Tensor& of_one : torch::autograd::grad({error.square().sum()}, parameters)) {
          flat.push_back(of_one.reshape({-1}));
        }
        return at::cat(flat);
      };
      const at::Tensor rounded = gradient_at(GetParam()), exact = gradient_at(MatrixPrecision::kFloat32);
      EXPECT_EQ(rounded.scalar_type(), at::kFloat);
      EXPECT_LT(RelativeDifference(rounded, exact), 0.03 + Tolerance()) << shared << recurrent;
      EXPECT_GT(RelativeDifference(rounded, exact), 1e-4) << shared << recurrent;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, RoundingPrecisions,
                         ::testing::Values(MatrixPrecision::kBfloat16, MatrixPrecision::kRoundedFloat32),
                         [](const auto& info) {
                           return info.param == MatrixPrecision::kBfloat16 ? "Bfloat16" : "RoundedFloat32";
                         });

}  // namespace
}  // namespace evenkeel
