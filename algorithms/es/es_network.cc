#include "algorithms/es/es_network.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <iterator>
#include <utility>

#include "algorithms/base_controls.h"
#include "common/rng.h"

namespace evenkeel {
namespace {

constexpr int kOutputs = 2;
constexpr int kLinears = 2;  // A, B
constexpr float kLeastLogWeight = -8;  // of the largest; about what the data plane can tell apart (sed.h: 1/744)
constexpr float kLeastBias = -0.95f, kLargestBias = 100;
constexpr double kSlowSeconds = 40, kFastSeconds = 1.5;
constexpr double kExponentSeconds = 10, kOthersSeconds = 1.5, kFreshAge = 0.05;
constexpr double kLeastLogExponentSeconds = -2, kLargestLogExponentSeconds = 10;  // of the factor; the latter: never
constexpr double kLargestFactor = 8;  // of the horizons
constexpr float kLeastLogOutside = -7;
constexpr float kLateSeconds = 0.2;  // tried by hand on training traces: es_network.h

enum ScalarName {
  kSlow,
  kFast,
  kGain,
  kGainSlope,
  kSmoothing,
  kSmoothingSlope,
  kArc,
  kArcSlope,
  kArcPoolSlope,
  kOutside,
  kOutsideSlope,
  kOutsidePoolSlope,
  kFloor,
  kExponent,
  kExponentSlope,
  kExponentTarget,
  kOthers,
  kTrust,
  kTrustSlope,
  kFreshGain,
  kFreshGainSlope,
  kFreshSeconds,
  kFreshSecondsSlope,
  kScalars
};

constexpr int kCoefficients = kOutputs * (kServerInputs + 1);  // of A, and of B

float LogLbs(int agents) { return static_cast<float>(std::log(agents) / 2 - 1); }

float LogPool(int servers) { return static_cast<float>(std::log(servers / 24.0) / 2); }

struct ScalarSlope {
  ScalarName slope, of;
  bool pool;  // over s, not l
};

constexpr ScalarSlope kScalarSlopes[] = {
    {kGainSlope, kGain, false},
    {kSmoothingSlope, kSmoothing, false},
    {kArcSlope, kArc, false},
    {kArcPoolSlope, kArc, true},
    {kOutsideSlope, kOutside, false},
    {kOutsidePoolSlope, kOutside, true},
    {kExponentSlope, kExponent, false},
    {kTrustSlope, kTrust, false},
    {kFreshGainSlope, kFreshGain, false},
    {kFreshSecondsSlope, kFreshSeconds, false},
};

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

std::optional<int> EsNetwork::HiddenOf(int parameters) {
  for (int hidden = 0; hidden <= kMostHidden; ++hidden) {
    if (Parameters(hidden) == parameters) return hidden;
  }
  return std::nullopt;
}

bool EsNetwork::IsSlope(int hidden, int parameter) {
  if (parameter >= kCoefficients && parameter < 2 * kCoefficients) return true;
  const int scalar = parameter - (Parameters(hidden) - kScalars);
  return std::any_of(std::begin(kScalarSlopes), std::end(kScalarSlopes), [&](const ScalarSlope& s) { return s.slope == scalar; });
}

std::vector<double> EsNetwork::WithoutSlopes(int hidden, int agents, int servers, absl::Span<const double> parameters) {
  assert(static_cast<int>(parameters.size()) == Parameters(hidden));
  const double lbs = LogLbs(agents), pool = LogPool(servers);
  std::vector<double> flat(parameters.begin(), parameters.end());
  const auto fold = [&flat](int of, int slope, double by) { flat[of] += by * std::exchange(flat[slope], 0); };
  for (int i = 0; i < kCoefficients; ++i) fold(i, kCoefficients + i, lbs);
  const int scalars = Parameters(hidden) - kScalars;
  for (const ScalarSlope& s : kScalarSlopes) fold(scalars + s.of, scalars + s.slope, s.pool ? pool : lbs);
  return flat;
}

std::vector<double> EsNetwork::Initial(int hidden, bool exchange, uint64_t seed) {
  std::vector<double> initial(Parameters(hidden));
  double* weight = initial.data();
  double* bias = weight + kRow;
  double* weight_slope = bias + kRow;
  bias[kServerInputs] = 1;
  Rng rng(seed, {kInitStream});
  double* units = initial.data() + kLinears * kOutputs * kRow;
  const double bound = std::sqrt(3.0 / kServerInputs);
  for (int i = 0; i < hidden * kRow; ++i) units[i] = (2 * rng.Uniform() - 1) * bound;
  double* scalars = initial.data() + initial.size() - kScalars;
  scalars[kOutside] = -2;
  if (exchange) {
    // Few LBs: no arcs to speak of, the exchanged counts instead. Many: as without exchange, and the counts' deviations.
    weight[kInputCoveredHalf] = weight_slope[kInputCoveredHalf] = 0.2;
    for (ServerInput input : {kInputDuration, kInputSojourn, kInputAverageLog}) weight[input] = weight_slope[input] = -0.15;
    scalars[kArc] = 0.6, scalars[kArcSlope] = -0.5;
    scalars[kGain] = 0.7, scalars[kGainSlope] = -0.5;
    scalars[kSmoothing] = 1.5, scalars[kSmoothingSlope] = -1.5;
    scalars[kTrust] = 0.9, scalars[kTrustSlope] = -0.9;
    scalars[kFreshGain] = 0.4, scalars[kFreshSecondsSlope] = -0.5;
    scalars[kExponent] = 1.4, scalars[kExponentSlope] = -1.4;
    scalars[kExponentTarget] = -0.04;
  } else {
    weight[kInputCoveredHalf] = 0.4;
    for (ServerInput input : {kInputDuration, kInputSojourn, kInputAverageLog}) weight[input] = -0.3;
    scalars[kExponentTarget] = -0.08;
  }
  return initial;
}

EsNetwork::EsNetwork(int hidden, int agents, int servers, absl::Span<const float> parameters)
    : hidden_(hidden),
      agents_(agents),
      lbs_(LogLbs(agents)),
      pool_(LogPool(servers)),
      parameters_(parameters.begin(), parameters.end()),
      linear_(kOutputs * kRow) {
  assert(static_cast<int>(parameters_.size()) == Parameters(hidden));
  for (int i = 0; i < kCoefficients; ++i) linear_[i] = parameters_[i] + lbs_ * parameters_[kCoefficients + i];
  const float outside = Scalar(kOutside) + lbs_ * Scalar(kOutsideSlope) + pool_ * Scalar(kOutsidePoolSlope);
  outside_ = std::exp(std::clamp(outside, kLeastLogOutside, 0.0f));
  unseen_ = static_cast<float>(lbs_per_server() - 1);
}

float EsNetwork::Scalar(int scalar) const { return parameters_[parameters_.size() - kScalars + scalar]; }

double EsNetwork::lbs_per_server() const {
  const double log_factor = Scalar(kArc) + lbs_ * Scalar(kArcSlope) + pool_ * Scalar(kArcPoolSlope);
  const double lbs = DefaultLbsPerServer(agents_) * std::exp(std::clamp(log_factor, -10.0, 10.0));
  return std::clamp(lbs, 1.0, static_cast<double>(agents_));
}

double EsNetwork::slow_seconds() const { return Horizon(kSlowSeconds, Scalar(kSlow)); }

double EsNetwork::fast_seconds() const { return Horizon(kFastSeconds, Scalar(kFast)); }

double EsNetwork::exponent_seconds() const {
  const double log_factor = Scalar(kExponent) + lbs_ * Scalar(kExponentSlope);
  return kExponentSeconds * std::exp(std::clamp(log_factor, kLeastLogExponentSeconds, kLargestLogExponentSeconds));
}

double EsNetwork::exponent_target() const { return Scalar(kExponentTarget); }

double EsNetwork::others_seconds() const { return Horizon(kOthersSeconds, Scalar(kOthers)); }

float EsNetwork::exchange_gain(float age_seconds) const {
  const float late = age_seconds / kLateSeconds;
  return std::clamp(Scalar(kGain) + lbs_ * Scalar(kGainSlope), 0.0f, 10.0f) / (1 + late * late);
}

float EsNetwork::exchange_smoothing() const {
  return std::min(0.99f, 1 / (1 + std::exp(-(Scalar(kSmoothing) + lbs_ * Scalar(kSmoothingSlope)))));
}

float EsNetwork::exchange_fresh_gain() const {
  return std::clamp(Scalar(kFreshGain) + lbs_ * Scalar(kFreshGainSlope), 0.0f, 10.0f);
}

float EsNetwork::exchange_fresh_seconds() const {
  return static_cast<float>(Horizon(kFreshAge, Scalar(kFreshSeconds) + lbs_ * Scalar(kFreshSecondsSlope)));
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

void EsNetwork::Controls(absl::Span<const float> inputs, absl::Span<const float> shares,
                         absl::Span<const float> counts, absl::Span<const float> others, float gain,
                         absl::Span<float> weights, absl::Span<float> biases) const {
  const float trust = std::clamp(Scalar(kTrust) + lbs_ * Scalar(kTrustSlope), 0.0f, 1.0f);
  const int servers = static_cast<int>(shares.size());
  const float present = static_cast<float>(std::count_if(shares.begin(), shares.end(), [](float share) { return share > 0; }));
  const float floor = Scalar(kFloor) * present;
  float largest = -1e30f;
  for (int j = 0; j < servers; ++j) {
    weights[j] = biases[j] = 0;
    if (shares[j] <= 0) continue;
    float outputs[kOutputs];
    Outputs(&inputs[j * kServerInputs], outputs);
    const float covered = std::clamp(inputs[j * kServerInputs + kInputCovered], 0.0f, 1.0f);
    const float base = outside_ + (1 - outside_) * covered;
    weights[j] = outputs[0] + std::log(shares[j] * base);
    float unseen = unseen_ * counts[j], exchanged = 0;
    if (!others.empty()) {
      unseen += trust * (others[j] - unseen);
      exchanged = gain * others[j];
    }
    biases[j] = std::clamp(unseen * outputs[1] + floor * shares[j] - exchanged, kLeastBias, kLargestBias);
    largest = std::max(largest, weights[j]);
  }
  for (int j = 0; j < servers; ++j) {
    if (shares[j] > 0) weights[j] = std::exp(std::max(kLeastLogWeight, weights[j] - largest));
  }
}

}  // namespace evenkeel
