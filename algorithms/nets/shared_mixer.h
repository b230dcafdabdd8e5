// QMIX's mixer for any number of heads: what weighs a head is computed from that head's own part of the state and from the mean
// over all heads, by one set of parameters, so that neither the number of agents and servers nor their order matters.
#ifndef EVENKEEL_ALGORITHMS_NETS_SHARED_MIXER_H_
#define EVENKEEL_ALGORITHMS_NETS_SHARED_MIXER_H_

#include <vector>

#include <ATen/core/Tensor.h>

#include "algorithms/nets/matrix_precision.h"
#include "algorithms/nets/mixer.h"
#include "algorithms/parameter_layout.h"

namespace evenkeel {

// Parameters in the order that SharedMixer takes them; names begin with "mixer.". Initial bounds 1/sqrt(fan in). The same for
// every shape.heads at the same width of a head's part of the state.
std::vector<ParameterSpec> SharedMixerParameters(const MixerShape& shape);

// The state is K rows s_k, one per head, G = hypernet_hidden, E = embed:
//   e_k = ReLU(FC(s_k)) [G]     p = mean_k e_k     w_k = |FC(ReLU(FC([e_k, p])))| [E]
//   hidden = ELU(mean_k w_k q_k + FC(p))           Q_tot = |FC(ReLU(FC(p)))| hidden + FC(ReLU(FC(p)))
// All weights of q_k are absolute values and ELU rises: monotone in every head. Means, not sums: of one size for any K.
// `precision` is that of the layers FC, but for the half that reads p beside e_k.
class SharedMixer : public Mixer {
 public:
  SharedMixer(const MixerShape& shape, at::TensorList parameters, MatrixPrecision precision = MatrixPrecision::kFloat32);
  at::Tensor Forward(const at::Tensor& heads, const at::Tensor& states) const override;

 private:
  const MixerShape shape_;
  const std::vector<at::Tensor> parameters_;
  const MatrixPrecision precision_;
};

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_SHARED_MIXER_H_
