// The elementwise half of a GRU step, forward and backward, in one pass over memory each. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_NETS_GRU_GATES_H_
#define EVENKEEL_ALGORITHMS_NETS_GRU_GATES_H_

#include <cstdint>

namespace evenkeel {

// What the backward pass needs of one step, each [rows, hidden].
template <typename T>
struct GruStepCache {
  T* reset;              // r
  T* update;             // z
  T* candidate;          // c (PyTorch: n)
  T* candidate_recurrent;  // W_hc h + b_hc
};

// One step for `rows` sequences (Cho et al. 2014 as PyTorch reads it; gate order reset, update, candidate), gh = gate_recurrent +
// recurrent_bias:
//   r = sigmoid(gi_r + gh_r)   z = sigmoid(gi_z + gh_z)   c = tanh(gi_c + r gh_c)   h' = (1 - z) c + z h
// gate_inputs and gate_recurrent [rows, 3 hidden], recurrent_bias [3 hidden], before and after [rows, hidden]; `after` may be
// `before`.
void GruGatesForward(int64_t rows, int64_t hidden, const float* gate_inputs, const float* gate_recurrent,
                     const float* recurrent_bias, const float* before, const GruStepCache<float>& cache, float* after);
void GruGatesForward(int64_t rows, int64_t hidden, const double* gate_inputs, const double* gate_recurrent,
                     const double* recurrent_bias, const double* before, const GruStepCache<double>& cache, double* after);

// Gradients of one step. dL/dh' is `after_gradient` + `output_gradient`, both [rows, hidden]: what later steps and what the
// output of this step ask for. `after_gradient` is replaced by the direct part z dL/dh' of dL/dh (the caller adds
// gate_recurrent_gradient W_hh).
void GruGatesBackward(int64_t rows, int64_t hidden, const GruStepCache<float>& cache, const float* before,
                      const float* output_gradient, float* after_gradient, float* gate_inputs_gradient,
                      float* gate_recurrent_gradient);
void GruGatesBackward(int64_t rows, int64_t hidden, const GruStepCache<double>& cache, const double* before,
                      const double* output_gradient, double* after_gradient, double* gate_inputs_gradient,
                      double* gate_recurrent_gradient);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_GRU_GATES_H_
