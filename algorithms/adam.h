// Adam (Kingma and Ba 2015) over one flat vector of parameters. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_ADAM_H_
#define EVENKEEL_ALGORITHMS_ADAM_H_

#include <cstdint>
#include <vector>

#include "absl/types/span.h"

namespace evenkeel {

// beta1 0.9, beta2 0.999, epsilon 1e-8. Copyable; not thread-safe.
class Adam {
 public:
  Adam(int64_t parameters, double learning_rate);

  // Step number `step`, counted from 1, with gradient scale x `gradient`. REQUIRES: both have one entry per parameter.
  void Step(uint64_t step, float scale, absl::Span<const float> gradient, absl::Span<float> parameters);

  // The running moments, one entry per parameter: together with the step number all there is to save and restore.
  absl::Span<float> mean() { return absl::MakeSpan(mean_); }
  absl::Span<float> variance() { return absl::MakeSpan(variance_); }
  absl::Span<const float> mean() const { return mean_; }
  absl::Span<const float> variance() const { return variance_; }

 private:
  double learning_rate_;
  std::vector<float> mean_;
  std::vector<float> variance_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_ADAM_H_
