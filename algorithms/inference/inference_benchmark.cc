#include "algorithms/inference/inference_benchmark.h"

#include <algorithm>
#include <chrono>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "algorithms/agent_inputs.h"
#include "algorithms/agent_settings.h"
#include "algorithms/inference/agent_inference.h"
#include "algorithms/nets/agent_network_layout.h"
#include "common/rng.h"
#include "common/status_macros.h"

namespace evenkeel {
namespace {

constexpr int kServers = 24, kLevels = 6, kObservations = 64;

v1::Experiment PaperExperiment() {
  v1::Experiment experiment;
  experiment.set_seed(1);
  v1::Agent* agent = experiment.mutable_agent();
  agent->set_step_interval_seconds(0.25);
  agent->set_base_weight(v1::Agent::ONE);
  for (int level = 0; level < kLevels; ++level) agent->add_action_levels(1 + 0.2 * level);
  v1::Network* network = experiment.mutable_algorithm()->mutable_network();
  network->set_kind(v1::Network::PAPER);
  network->set_recurrent(true);
  network->set_identity(true);
  return experiment;
}

// All servers take flows in all of them.
std::vector<float> RandomObservations() {
  Rng rng(1);
  std::vector<float> raw(kObservations * kServers * kFeatures);
  for (float& value : raw) value = static_cast<float>(rng.Uniform());
  for (size_t at = kAvailable; at < raw.size(); at += kFeatures) raw[at] = 1;
  return raw;
}

// One agent in one world.
class Agent {
 public:
  explicit Agent(const AgentSettings& settings)
      : shape_(settings.shape),
        inputs_(settings, 0),
        network_(settings.network),
        workspace_(settings.network, 1),
        row_(shape_.input()),
        state_(settings.network.state()),
        values_(shape_.servers * shape_.levels),
        levels_(shape_.servers),
        weights_(shape_.servers, 1.0f) {
    network_.SetParameters(ParameterLayout(AgentNetworkParameters("agent", settings.network)).Initial(Rng(1)));
  }

  void Step(const float* raw) {
    inputs_.Step(raw, levels_.data(), weights_.data(), row_.data());
    network_.Step(1, row_.data(), state_.data(), values_.data(), &workspace_);
    for (int64_t server = 0; server < shape_.servers; ++server) {
      const float* values = &values_[server * shape_.levels];
      levels_[server] = static_cast<uint8_t>(std::max_element(values, values + shape_.levels) - values);
    }
  }

 private:
  const BatchShape shape_;
  AgentInputs inputs_;
  AgentInference network_;
  AgentInference::Workspace workspace_;
  std::vector<float> row_, state_, values_;
  std::vector<uint8_t> levels_;
  std::vector<float> weights_;
};

std::vector<double> SortedMicroseconds(const AgentSettings& settings, int steps) {
  const std::vector<float> raw = RandomObservations();
  Agent agent(settings);
  std::vector<double> micros;
  micros.reserve(steps);
  for (int step = 0; step < steps; ++step) {
    const float* seen = &raw[(step % kObservations) * kServers * kFeatures];
    const auto begin = std::chrono::steady_clock::now();
    agent.Step(seen);
    micros.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
  }
  std::sort(micros.begin(), micros.end());
  return micros;
}

}  // namespace

absl::StatusOr<std::vector<BenchmarkResult>> BenchmarkInference() {
  const v1::Experiment experiment = PaperExperiment();
  PolicyContext context;
  context.experiment = &experiment;
  context.servers = kServers;
  context.nominal_weights.assign(kServers, 1.0f);
  std::vector<BenchmarkResult> results;
  for (const auto& [hidden, steps] : {std::pair<int, int>{128, 20000}, {512, 4000}}) {
    EK_ASSIGN_OR_RETURN(const AgentSettings settings, ResolveAgentSettings(context, hidden));
    const std::vector<double> micros = SortedMicroseconds(settings, steps);
    results.push_back({absl::StrCat("inference.p50_us.h", hidden), micros[micros.size() / 2], "us"});
    results.push_back({absl::StrCat("inference.p99_us.h", hidden), micros[micros.size() * 99 / 100], "us"});
  }
  return results;
}

}  // namespace evenkeel
