#include "algorithms/adam.h"

#include <cassert>
#include <cmath>

namespace evenkeel {

constexpr float kBeta1 = 0.9f;
constexpr float kBeta2 = 0.999f;
constexpr float kEpsilon = 1e-8f;

Adam::Adam(int64_t parameters, double learning_rate)
    : learning_rate_(learning_rate), mean_(parameters), variance_(parameters) {}

void Adam::Step(uint64_t step, float scale, absl::Span<const float> gradient, absl::Span<float> parameters) {
  assert(gradient.size() == mean_.size() && parameters.size() == mean_.size());
  const double correction1 = 1 - std::pow(static_cast<double>(kBeta1), static_cast<double>(step));
  const double correction2 = 1 - std::pow(static_cast<double>(kBeta2), static_cast<double>(step));
  const float rate = static_cast<float>(learning_rate_ / correction1);
  const float variance_scale = static_cast<float>(1 / std::sqrt(correction2));
  for (size_t i = 0; i < mean_.size(); ++i) {
    const float g = scale * gradient[i];
    mean_[i] += (1 - kBeta1) * (g - mean_[i]);
    variance_[i] += (1 - kBeta2) * (g * g - variance_[i]);
    parameters[i] -= rate * mean_[i] / (std::sqrt(variance_[i]) * variance_scale + kEpsilon);
  }
}

}  // namespace evenkeel
