#include "algorithms/es/es_network.h"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "common/rng.h"

namespace evenkeel {
namespace {

constexpr int kOutputs = 2;
constexpr int kLinears = 3;  // A, B, E
constexpr float kLeastLogWeight = -8;  // of the largest; about what the data plane can tell apart (sed.h: 1/744)
constexpr float kLeastBias = -0.95f, kLargestBias = 100;
constexpr double kSlowSeconds = 15, kFastSeconds = 1.5;
constexpr double kLargestFactor = 8;  // of the horizons

enum Scalar { kSlow, kFast, kGain, kGainSlope, kSmoothing, kSmoothingSlope, kScalars };

float Dot(const float* row, const float* inputs) {
  float sum = row[kServerInputs];
  for (int i = 0; i < kServerInputs; ++i) sum += row[i] * inputs[i];
  return sum;
}

double Horizon(double seconds, float log_factor) {
  return seconds * std::clamp(std::exp(static_cast<double>(log_factor)), 1 / kLargestFactor, kLargestFactor);
}

}  // namespace

int EsNetwork::Parameters(int hidden) { return (kLinears * kOutputs + hidden) * kRow + kOutputs * hidden + kScalars; }

std::vector<double> EsNetwork::Initial(int hidden, uint64_t seed) {
  std::vector<double> initial(Parameters(hidden));
  double* weight = initial.data();
  double* bias = weight + kRow;
  weight[kInputCovered2] = 0.5;
  weight[kInputCovered4] = 1;
  weight[kInputDuration] = weight[kInputSojourn] = -0.3;
  bias[kInputAverageLog] = 0.3;
  Rng rng(seed, {kInitStream});
  double* units = initial.data() + kLinears * kOutputs * kRow;
  const double bound = std::sqrt(3.0 / kServerInputs);
  for (int i = 0; i < hidden * kRow; ++i) units[i] = (2 * rng.Uniform() - 1) * bound;
  double* scalars = initial.data() + initial.size() - kScalars;
  scalars[kGain] = 0.3;
  return initial;
}

EsNetwork::EsNetwork(int hidden, int agents, int servers, absl::Span<const float> parameters)
    : hidden_(hidden),
      lbs_(static_cast<float>(std::log(agents) / 2 - 1)),
      parameters_(parameters.begin(), parameters.end()),
      linear_(kOutputs * kRow) {
  assert(static_cast<int>(parameters_.size()) == Parameters(hidden));
  constexpr int kSize = kOutputs * kRow;
  const float pool = static_cast<float>(std::log(servers / 24.0) / 2);
  for (int i = 0; i < kSize; ++i) {
    linear_[i] = parameters_[i] + lbs_ * parameters_[kSize + i] + pool * parameters_[2 * kSize + i];
  }
}

double EsNetwork::slow_seconds() const { return Horizon(kSlowSeconds, parameters_[parameters_.size() - kScalars + kSlow]); }

double EsNetwork::fast_seconds() const { return Horizon(kFastSeconds, parameters_[parameters_.size() - kScalars + kFast]); }

float EsNetwork::exchange_gain() const {
  const float* scalars = &parameters_[parameters_.size() - kScalars];
  return std::clamp(scalars[kGain] + lbs_ * scalars[kGainSlope], 0.0f, 10.0f);
}

float EsNetwork::exchange_smoothing() const {
  const float* scalars = &parameters_[parameters_.size() - kScalars];
  return std::min(0.99f, 1 / (1 + std::exp(-(scalars[kSmoothing] + lbs_ * scalars[kSmoothingSlope]))));
}

void EsNetwork::Outputs(const float* inputs, float* outputs) const {
  for (int o = 0; o < kOutputs; ++o) outputs[o] = Dot(&linear_[o * kRow], inputs);
  const float* units = &parameters_[kLinears * kOutputs * kRow];
  const float* mix = units + hidden_ * kRow;
  for (int u = 0; u < hidden_; ++u) {
    const float unit = std::tanh(Dot(units + u * kRow, inputs));
    for (int o = 0; o < kOutputs; ++o) outputs[o] += mix[o * hidden_ + u] * unit;
  }
}

void EsNetwork::Controls(absl::Span<const float> inputs, absl::Span<const float> shares, absl::Span<float> weights,
                         absl::Span<float> biases) const {
  const int servers = static_cast<int>(shares.size());
  const float present = static_cast<float>(std::count_if(shares.begin(), shares.end(), [](float share) { return share > 0; }));
  float largest = -1e30f;
  for (int j = 0; j < servers; ++j) {
    weights[j] = biases[j] = 0;
    if (shares[j] <= 0) continue;
    float outputs[kOutputs];
    Outputs(&inputs[j * kServerInputs], outputs);
    weights[j] = outputs[0] + std::log(shares[j]);
    biases[j] = std::clamp(present * shares[j] * outputs[1], kLeastBias, kLargestBias);
    largest = std::max(largest, weights[j]);
  }
  for (int j = 0; j < servers; ++j) {
    if (shares[j] > 0) weights[j] = std::exp(std::max(kLeastLogWeight, weights[j] - largest));
  }
}

}  // namespace evenkeel
