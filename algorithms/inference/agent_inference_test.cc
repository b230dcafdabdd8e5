#include "algorithms/inference/agent_inference.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <new>
#include <string>
#include <tuple>

#include <ATen/ATen.h>
#include <c10/core/GradMode.h>

#include "algorithms/nets/agent_network.h"
#include "algorithms/nets/agent_network_layout.h"
#include "algorithms/nets/parameter_views.h"
#include "common/rng.h"

namespace {

int64_t allocations = 0;

void* Allocate(std::size_t bytes, std::size_t alignment) {
  ++allocations;
  void* memory = std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

// Every allocation of C++ in this program is counted.
void* operator new(std::size_t bytes) { return Allocate(bytes, 16); }
void* operator new[](std::size_t bytes) { return Allocate(bytes, 16); }
void* operator new(std::size_t bytes, std::align_val_t alignment) { return Allocate(bytes, static_cast<std::size_t>(alignment)); }
void* operator new[](std::size_t bytes, std::align_val_t alignment) { return Allocate(bytes, static_cast<std::size_t>(alignment)); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace evenkeel {
namespace {

constexpr int64_t kSteps = 6, kRows = 7;  // rows for a block of four and three single ones

// Kind, memory and width: 20 is neither a panel nor a group of them, 128 is both.
class AgentInferences : public ::testing::TestWithParam<std::tuple<bool, bool, int>> {
 protected:
  AgentInferences()
      : shape_{std::get<0>(GetParam()), std::get<1>(GetParam()), 5 * 9, std::get<2>(GetParam()), 5, 6},
        layout_(AgentNetworkParameters("agent", shape_)),
        flat_(layout_.Initial(Rng(1))),
        inference_(shape_),
        inputs_(kSteps * kRows * shape_.input) {
    inference_.SetParameters(flat_);
    Rng rng(2);
    for (float& input : inputs_) input = static_cast<float>(rng.Normal());
  }

  // Values [T, rows, n, L] of rows first .. first+rows-1, step by step.
  std::vector<float> Values(int64_t first, int64_t rows, std::vector<float>* state) const {
    AgentInference::Workspace workspace(shape_, rows);
    const int64_t width = shape_.servers * shape_.levels;
    std::vector<float> values(kSteps * rows * width);
    state->assign(rows * shape_.state(), 0.0f);
    for (int64_t step = 0; step < kSteps; ++step) {
      inference_.Step(rows, &inputs_[(step * kRows + first) * shape_.input], state->data(), &values[step * rows * width],
                      &workspace);
    }
    return values;
  }

  const AgentNetworkShape shape_;
  const ParameterLayout layout_;
  const std::vector<float> flat_;
  AgentInference inference_;
  std::vector<float> inputs_;
};

TEST_P(AgentInferences, GiveWhatTheLearnersNetworkGivesStepAfterStepInSeveralWorlds) {
  std::vector<float> state;
  const std::vector<float> values = Values(0, kRows, &state);
  const at::NoGradGuard no_gradients;
  const at::Tensor flat = at::from_blob(const_cast<float*>(flat_.data()), {layout_.size()}, at::kFloat);
  const auto network = MakeAgentNetwork(shape_, ParameterViews(layout_, flat, /*with_gradients=*/false));
  const at::Tensor inputs = at::from_blob(inputs_.data(), {kSteps, kRows, shape_.input}, at::kFloat);
  at::Tensor last;
  const at::Tensor expected = network->Forward(inputs, network->InitialState(kRows), &last).contiguous();
  ASSERT_EQ(static_cast<int64_t>(values.size()), expected.numel());
  double largest = 0;
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(values[i], expected.data_ptr<float>()[i], 1e-5) << i;
    largest = std::max<double>(largest, std::abs(values[i]));
  }
  EXPECT_GT(largest, 0.01);  // so that the comparison says something
  const at::Tensor remembered = last.contiguous();
  for (size_t i = 0; i < state.size(); ++i) EXPECT_NEAR(state[i], remembered.data_ptr<float>()[i], 1e-5) << i;
}

TEST_P(AgentInferences, GiveARowTheSameBitsAloneAndAmongOthers) {
  std::vector<float> state, state_alone;
  const std::vector<float> together = Values(0, kRows, &state);
  const int64_t width = shape_.servers * shape_.levels;
  for (int64_t row = 0; row < kRows; ++row) {
    const std::vector<float> alone = Values(row, 1, &state_alone);
    for (int64_t step = 0; step < kSteps; ++step) {
      for (int64_t i = 0; i < width; ++i) {
        ASSERT_EQ(alone[step * width + i], together[(step * kRows + row) * width + i]) << row << " " << step << " " << i;
      }
    }
  }
}

TEST_P(AgentInferences, AllocateNothingInAStep) {
  AgentInference::Workspace workspace(shape_, kRows);
  std::vector<float> state(kRows * shape_.state()), values(kRows * shape_.servers * shape_.levels);
  const int64_t before = allocations;
  for (int64_t step = 0; step < kSteps; ++step) {
    inference_.Step(kRows, &inputs_[step * kRows * shape_.input], state.data(), values.data(), &workspace);
  }
  EXPECT_EQ(allocations, before);
  int* volatile counted = new int;
  delete counted;
  EXPECT_EQ(allocations, before + 1) << "allocations are not counted here";
}

TEST_P(AgentInferences, ForgetTheOldParametersWhenTheyAreGivenNewOnes) {
  std::vector<float> state;
  const std::vector<float> first = Values(0, kRows, &state);
  inference_.SetParameters(layout_.Initial(Rng(3)));
  EXPECT_NE(Values(0, kRows, &state), first);
  inference_.SetParameters(flat_);
  EXPECT_EQ(Values(0, kRows, &state), first);
}

std::string Name(const ::testing::TestParamInfo<std::tuple<bool, bool, int>>& info) {
  return std::string(std::get<0>(info.param) ? "Shared" : "Paper") + (std::get<1>(info.param) ? "" : "Memoryless") +
         std::to_string(std::get<2>(info.param));
}

INSTANTIATE_TEST_SUITE_P(Kinds, AgentInferences,
                         ::testing::Combine(::testing::Bool(), ::testing::Bool(), ::testing::Values(20, 128)), Name);

}  // namespace
}  // namespace evenkeel
