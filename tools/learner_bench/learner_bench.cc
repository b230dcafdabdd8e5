// The learner's update alone, on random data, against any LibTorch: `build` in this folder makes it without gRPC, RocksDB,
// Protocol Buffers or Bazel. Prints the figures of `evenkeel bench learner` by the same names, for the CPU and, if this
// LibTorch and machine have it, for CUDA:
//   [{"device": "cpu", "name": "learner.update_ms.moderate", "value": 120.5, "unit": "ms"}, ...]
// The networks and their gradients are the product's (algorithms/nets); batch, loss and Adam are written out here with LibTorch.
// CPU figures of one thread are CPU time, all others elapsed time.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <malloc.h>

#include <ATen/ATen.h>
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <c10/core/GradMode.h>
#include <torch/csrc/autograd/autograd.h>

#include "algorithms/nets/agent_network.h"
#include "algorithms/nets/agent_network_layout.h"
#include "algorithms/nets/matrix_precision.h"
#include "algorithms/nets/monotonic_mixer.h"
#include "algorithms/nets/product_rate.h"

namespace evenkeel {
namespace {

struct Scale {
  std::string name;
  int64_t agents, servers, hidden, steps;
  int repetitions;
};

constexpr int64_t kEpisodes = 12, kLevels = 6, kFeaturesPerServer = 6, kEmbed = 32, kHypernet = 64;
constexpr double kDiscount = 0.99;

AgentNetworkShape AgentShape(const Scale& scale) {
  return {false, true, scale.servers * (kFeaturesPerServer + kLevels), scale.hidden, scale.servers, kLevels};
}

MixerShape MixerShapeOf(const Scale& scale) {
  const int64_t heads = scale.agents * scale.servers;
  return {heads, heads * kFeaturesPerServer, kEmbed, kHypernet};
}

// What one thread computes on: some of the episodes.
struct Part {
  at::Tensor inputs;   // [T+1, B m, input]
  at::Tensor states;   // [T+1, B, state]
  at::Tensor levels;   // [T, B m, n, 1]
  at::Tensor rewards;  // [T, B]
};

Part RandomPart(const Scale& scale, int64_t episodes, at::Device device) {
  const int64_t rows = scale.steps + 1, sequences = episodes * scale.agents;
  return {at::rand({rows, sequences, AgentShape(scale).input}).to(device),
          at::rand({rows, episodes, MixerShapeOf(scale).state}).to(device),
          at::randint(kLevels, {scale.steps, sequences, scale.servers, 1}, at::kLong).to(device),
          at::rand({scale.steps, episodes}).to(device)};
}

using Values = std::function<at::Tensor(const at::Tensor& inputs)>;  // [T+1, N, input] to [T+1, N, n, L]
using Mix = std::function<at::Tensor(const at::Tensor& heads, const at::Tensor& states)>;  // [R, K], [R, state] to [R]

struct Networks {
  MatrixPrecision precision = MatrixPrecision::kFloat32;
  Values values;
  Mix mix;
  std::vector<at::Tensor> parameters;
};

std::vector<at::Tensor> MakeParameters(const Scale& scale, at::Device device, bool with_gradients) {
  std::vector<ParameterSpec> specs = AgentNetworkParameters("agent", AgentShape(scale));
  for (const ParameterSpec& spec : MonotonicMixerParameters(MixerShapeOf(scale))) specs.push_back(spec);
  at::manual_seed(1);
  std::vector<at::Tensor> parameters;
  for (const ParameterSpec& spec : specs) {
    const at::Tensor values = (2 * at::rand(spec.shape) - 1) * spec.init_bound;
    parameters.push_back(values.to(device).requires_grad_(with_gradients));
  }
  return parameters;
}

Networks Ours(const Scale& scale, at::Device device, bool with_gradients,
              MatrixPrecision precision = MatrixPrecision::kFloat32) {
  Networks networks;
  networks.precision = precision;
  networks.parameters = MakeParameters(scale, device, with_gradients);
  const size_t of_agent = AgentNetworkParameters("agent", AgentShape(scale)).size();
  const at::TensorList all(networks.parameters);
  const std::shared_ptr<AgentNetwork> agent = MakeAgentNetwork(AgentShape(scale), all.slice(0, of_agent), precision);
  const auto mixer = std::make_shared<MonotonicMixer>(all.slice(of_agent), precision);
  networks.values = [agent](const at::Tensor& inputs) {
    return agent->Forward(inputs, agent->InitialState(inputs.size(1)));
  };
  networks.mix = [mixer](const at::Tensor& heads, const at::Tensor& states) { return mixer->Forward(heads, states); };
  return networks;
}

// As plainly as LibTorch lets one write it: a GRU cell per step, every gradient LibTorch's.
Networks Reference(const Scale& scale, at::Device device, bool with_gradients) {
  Networks networks;
  networks.parameters = MakeParameters(scale, device, with_gradients);
  const auto p = networks.parameters;
  const auto layer = [p](int at, const at::Tensor& x) { return at::linear(x, p[at], p[at + 1]); };
  networks.values = [p, layer, scale](const at::Tensor& inputs) {
    const at::Tensor x = at::relu(layer(2, at::relu(layer(0, inputs))));
    at::Tensor state = at::zeros({inputs.size(1), scale.hidden}, inputs.options());
    std::vector<at::Tensor> states;
    for (int64_t step = 0; step < inputs.size(0); ++step) {
      state = at::gru_cell(x[step], state, p[4], p[6], p[5], p[7]);
      states.push_back(state);
    }
    return layer(10, at::relu(layer(8, at::stack(states))))
        .view({inputs.size(0), inputs.size(1), scale.servers, kLevels});
  };
  networks.mix = [layer](const at::Tensor& heads, const at::Tensor& states) {
    const at::Tensor w1 = layer(14, at::relu(layer(12, states))).abs(), b1 = layer(16, states);
    const at::Tensor w2 = layer(20, at::relu(layer(18, states))).abs();
    const at::Tensor value = layer(24, at::relu(layer(22, states)));
    const at::Tensor mixed = at::bmm(heads.unsqueeze(1), w1.view({heads.size(0), heads.size(1), kEmbed})).squeeze(1);
    return (at::elu(mixed + b1) * w2).sum(1) + value.squeeze(1);
  };
  return networks;
}

// One learner of qmix with double Q: the parameters, what they are held against, and Adam.
class Learner {
 public:
  Learner(Networks online, Networks target, int64_t steps)
      : online_(std::move(online)), target_(std::move(target)), scale_(1.0 / static_cast<double>(steps * kEpisodes)) {
    for (const at::Tensor& parameter : online_.parameters) {
      mean_.push_back(at::zeros_like(parameter, at::MemoryFormat::Contiguous).detach());
      variance_.push_back(mean_.back().clone());
    }
  }

  // One update on all parts, each on a thread of its own.
  void Update(const std::vector<Part>& parts) {
    at::globalContext().setAllowTF32CuDNN(online_.precision != MatrixPrecision::kFloat32);  // algorithms/compute_device.h
    std::vector<std::vector<at::Tensor>> gradients(parts.size());
    std::vector<std::thread> threads;
    for (size_t i = 1; i < parts.size(); ++i) {
      threads.emplace_back([&, i] {
        at::init_num_threads();
        gradients[i] = Gradient(parts[i]);
      });
    }
    gradients[0] = Gradient(parts[0]);
    for (std::thread& thread : threads) thread.join();
    for (size_t i = 1; i < parts.size(); ++i) {
      for (size_t at = 0; at < gradients[0].size(); ++at) gradients[0][at].add_(gradients[i][at]);
    }
    Step(gradients[0]);
  }

 private:
  at::Tensor Joint(const Networks& networks, const Part& part, const at::Tensor& values, const at::Tensor& picks,
                   int64_t first_row) const {
    const int64_t steps = part.rewards.size(0), rows = part.rewards.numel();
    const at::Tensor heads = values.narrow(0, first_row, steps).gather(3, picks).reshape({rows, -1});
    return networks.mix(heads, part.states.narrow(0, first_row, steps).reshape({rows, -1}));
  }

  std::vector<at::Tensor> Gradient(const Part& part) const {
    const at::Tensor values = online_.values(part.inputs);
    at::Tensor targets;
    {
      const at::NoGradGuard no_gradients;
      const at::Tensor best = values.narrow(0, 1, part.rewards.size(0)).argmax(3, /*keepdim=*/true);
      targets = part.rewards.reshape({-1}) + kDiscount * Joint(target_, part, target_.values(part.inputs), best, 1);
    }
    const at::Tensor error = Joint(online_, part, values, part.levels, 0) - targets;
    return torch::autograd::grad({error.square().sum() * scale_}, online_.parameters);
  }

  void Step(const std::vector<at::Tensor>& gradients) {
    const at::NoGradGuard no_gradients;
    for (size_t i = 0; i < gradients.size(); ++i) {
      mean_[i].mul_(0.9).add_(gradients[i], 0.1);
      variance_[i].mul_(0.999).addcmul_(gradients[i], gradients[i], 0.001);
      online_.parameters[i].addcdiv_(mean_[i], variance_[i].sqrt().add_(1e-8), -1e-3);
    }
    mean_[0].view({-1})[0].item<float>();  // waits for the device
  }

  const Networks online_, target_;
  const double scale_;
  std::vector<at::Tensor> mean_, variance_;
};

double ElapsedSeconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double Median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

void Print(const at::Device& device, const std::string& name, double value, const char* unit) {
  static bool first = true;
  std::printf("%s\n  {\"device\": \"%s\", \"name\": \"learner.%s\", \"value\": %.6g, \"unit\": \"%s\"}", first ? "[" : ",",
              device.str().c_str(), name.c_str(), value, unit);
  std::fflush(stdout);
  first = false;
}

double Timed(double (*clock)(), const std::function<void()>& body) {
  const double begin = clock();
  body();
  return clock() - begin;
}

// Ours and the reference in turns.
void Measure(const Scale& scale, at::Device device) {
  const bool on_cpu = device.is_cpu();
  double (*const clock)() = on_cpu ? ThreadCpuSeconds : ElapsedSeconds;
  Learner ours(Ours(scale, device, true), Ours(scale, device, false), scale.steps);
  Learner reference(Reference(scale, device, true), Reference(scale, device, false), scale.steps);
  const std::vector<Part> whole = {RandomPart(scale, kEpisodes, device)};
  const auto products =
      ProductsOfUpdate(AgentShape(scale), MixerShapeOf(scale), scale.agents, kEpisodes, scale.steps);
  std::vector<double> ours_s, reference_s, rates;
  ours.Update(whole);
  reference.Update(whole);
  for (int repetition = 0; repetition < scale.repetitions; ++repetition) {
    ours_s.push_back(Timed(clock, [&] { ours.Update(whole); }));
    reference_s.push_back(Timed(clock, [&] { reference.Update(whole); }));
    if (on_cpu) rates.push_back(MeasureProductRate(products));
  }
  Print(device, "update_ms." + scale.name, 1e3 * Median(ours_s), "ms");
  Print(device, "speedup." + scale.name, Median(reference_s) / Median(ours_s), "x");
  if (on_cpu) Print(device, "gemm_share." + scale.name, Flops(products) / Median(ours_s) / Median(rates), "of 1");
}

// As training.matrix_precision has it: FLOAT32 and BFLOAT16 in turns.
void MeasureBfloat16(const Scale& scale, at::Device device) {
  double (*const clock)() = device.is_cpu() ? ThreadCpuSeconds : ElapsedSeconds;
  const MatrixPrecision precision =
      device.is_cpu() && !CpuMultipliesBfloat16() ? MatrixPrecision::kRoundedFloat32 : MatrixPrecision::kBfloat16;
  Learner float32(Ours(scale, device, true), Ours(scale, device, false), scale.steps);
  Learner bfloat16(Ours(scale, device, true, precision), Ours(scale, device, false, precision), scale.steps);
  const std::vector<Part> whole = {RandomPart(scale, kEpisodes, device)};
  std::vector<double> float32_s, bfloat16_s;
  float32.Update(whole);
  bfloat16.Update(whole);
  for (int repetition = 0; repetition < scale.repetitions; ++repetition) {
    float32_s.push_back(Timed(clock, [&] { float32.Update(whole); }));
    bfloat16_s.push_back(Timed(clock, [&] { bfloat16.Update(whole); }));
  }
  Print(device, "bf16_gain." + scale.name, Median(float32_s) / Median(bfloat16_s), "x");
}

// One thread against two, in turns.
void MeasureCores(const Scale& scale) {
  const at::Device device(at::kCPU);
  Learner learner(Ours(scale, device, true), Ours(scale, device, false), scale.steps);
  const std::vector<Part> one = {RandomPart(scale, kEpisodes, device)};
  const std::vector<Part> two = {RandomPart(scale, kEpisodes / 2, device), RandomPart(scale, kEpisodes / 2, device)};
  std::vector<double> one_s, two_s;
  for (int repetition = 0; repetition < scale.repetitions; ++repetition) {
    one_s.push_back(Timed(ElapsedSeconds, [&] { learner.Update(one); }));
    two_s.push_back(Timed(ElapsedSeconds, [&] { learner.Update(two); }));
  }
  Print(device, "cores_gain", Median(one_s) / Median(two_s), "x");
}

}  // namespace
}  // namespace evenkeel

int main() {
  at::set_num_threads(1);
  // As the learner does: freed memory stays with the process (common/freed_memory.h).
  ::mallopt(M_MMAP_THRESHOLD, 1 << 30);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 30);
  ::mallopt(M_TOP_PAD, 64 << 20);
  ::mallopt(M_ARENA_MAX, 1);
  const evenkeel::Scale moderate{"moderate", 2, 7, 128, 240, 9}, large{"large", 6, 24, 512, 120, 3};
  evenkeel::Measure(moderate, at::kCPU);
  evenkeel::MeasureCores(moderate);
  evenkeel::MeasureBfloat16(moderate, at::kCPU);
  evenkeel::Measure(large, at::kCPU);
  evenkeel::MeasureBfloat16(large, at::kCPU);
  if (at::hasCUDA()) {
    for (const evenkeel::Scale& scale : {moderate, large}) {
      evenkeel::Measure(scale, at::Device(at::kCUDA, 0));
      evenkeel::MeasureBfloat16(scale, at::Device(at::kCUDA, 0));
    }
  }
  std::printf("\n]\n");
  return 0;
}
