// QMIX's mixer: the value of all agents together from the values of their heads, never decreasing in any of them, so
// that each head's greedy choice is the greedy choice of the whole (Rashid et al. 2018; method.md A5).
#ifndef EVENKEEL_ALGORITHMS_NETS_MONOTONIC_MIXER_H_
#define EVENKEEL_ALGORITHMS_NETS_MONOTONIC_MIXER_H_

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

#include "absl/types/span.h"
#include "algorithms/parameters.h"

namespace evenkeel {

struct MixerShape {
  int64_t heads = 0;            // K = m n values that are mixed: one per (agent, server)
  int64_t state = 0;            // width of the state that conditions the mixing (BatchShape::state)
  int64_t embed = 0;            // E, width of the mixing layer
  int64_t hypernet_hidden = 0;  // width of the hypernetworks' hidden layer
};

// Parameters in the order that MonotonicMixer takes them; names begin with "mixer.". Initial bounds 1/sqrt(fan in).
std::vector<ParameterSpec> MixerParameters(const MixerShape& shape);

// The function of given parameters; owns none. Thread-safe: nothing changes after construction.
//   hidden = ELU(|W1(s)| q + b1(s))      Q_tot = |w2(s)| hidden + V(s)
// W1, w2 and V come from two-layer hypernetworks of the state s, b1 from one layer.
class MonotonicMixer {
 public:
  MonotonicMixer(const MixerShape& shape, absl::Span<const at::Tensor> parameters);

  // Q_tot [R] from head values [R, K] and states [R, state]. A head value of 0 contributes nothing to the hidden layer.
  at::Tensor Forward(const at::Tensor& heads, const at::Tensor& states) const;

 private:
  MixerShape shape_;
  std::vector<at::Tensor> parameters_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_MONOTONIC_MIXER_H_
