// QMIX's mixer for a fixed number of heads, each known by its place (Rashid et al. 2018; method.md A5).
#ifndef EVENKEEL_ALGORITHMS_NETS_MONOTONIC_MIXER_H_
#define EVENKEEL_ALGORITHMS_NETS_MONOTONIC_MIXER_H_

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "algorithms/nets/matrix_precision.h"
#include "algorithms/nets/mixer.h"
#include "algorithms/parameter_layout.h"

namespace evenkeel {

// Parameters in the order that MonotonicMixer takes them; names begin with "mixer.". Initial bounds 1/sqrt(fan in).
std::vector<ParameterSpec> MonotonicMixerParameters(const MixerShape& shape);

//   hidden = ELU(|W1(s)| q + b1(s))      Q_tot = |w2(s)| hidden + V(s)
// W1, w2 and V come from two-layer hypernetworks of the state s, b1 from one layer: the products of `precision`.
class MonotonicMixer : public Mixer {
 public:
  explicit MonotonicMixer(at::TensorList parameters, MatrixPrecision precision = MatrixPrecision::kFloat32);
  at::Tensor Forward(const at::Tensor& heads, const at::Tensor& states) const override;

 private:
  const std::vector<at::Tensor> parameters_;
  const MatrixPrecision precision_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_MONOTONIC_MIXER_H_
