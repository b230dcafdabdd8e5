// The value of all agents together from the values of their heads, never decreasing in any of them, so that each head's
// greedy choice is the greedy choice of the whole (Rashid et al. 2018). Two kinds, as of the agents' network:
// monotonic_mixer.h and shared_mixer.h.
#ifndef EVENKEEL_ALGORITHMS_NETS_MIXER_H_
#define EVENKEEL_ALGORITHMS_NETS_MIXER_H_

#include <cstdint>

#include <ATen/core/Tensor.h>

namespace evenkeel {

struct MixerShape {
  int64_t heads = 0;            // K = m n values that are mixed: one per (agent, server)
  int64_t state = 0;            // width of the state that conditions the mixing (BatchShape::state)
  int64_t embed = 0;            // E, width of the mixing layer
  int64_t hypernet_hidden = 0;  // width of the hypernetworks' hidden layer
};

// The function of given parameters; owns none. Thread-safe: nothing changes after construction.
class Mixer {
 public:
  virtual ~Mixer() = default;

  // Q_tot [R] from head values [R, K] and states [R, state]. A head value of 0 contributes nothing to the mixing layer.
  virtual at::Tensor Forward(const at::Tensor& heads, const at::Tensor& states) const = 0;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_MIXER_H_
