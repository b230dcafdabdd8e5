// Compiled with -O3 -ffast-math (BUILD): exp and tanh then become vector instructions, which is most of the time here.
#include "algorithms/nets/gru_gates.h"

#include <cmath>

#include "algorithms/nets/vector_clones.h"

namespace evenkeel {
namespace {

// Both bound their argument where the result no longer changes: -ffast-math is wrong for the infinities beyond.
template <typename T>
__attribute__((always_inline)) inline T Bounded(T x, T bound) {
  return x > bound ? bound : (x < -bound ? -bound : x);
}

template <typename T>
__attribute__((always_inline)) inline T Sigmoid(T x) {
  return T(1) / (T(1) + std::exp(-Bounded(x, T(40))));
}

// By exp, because the vector libraries of older systems have no tanh.
template <typename T>
__attribute__((always_inline)) inline T Tanh(T x) {
  return T(1) - T(2) / (std::exp(T(2) * Bounded(x, T(20))) + T(1));
}

template <typename T>
__attribute__((always_inline)) inline void Forward(int64_t rows, int64_t hidden, const T* gate_inputs,
                                                   const T* gate_recurrent, const T* bias, const T* before,
                                                   const GruStepCache<T>& cache, T* after) {
  for (int64_t row = 0; row < rows; ++row) {
    const T* gi = gate_inputs + row * 3 * hidden;
    const T* gh = gate_recurrent + row * 3 * hidden;
    T* reset = cache.reset + row * hidden;
    T* update = cache.update + row * hidden;
    T* candidate = cache.candidate + row * hidden;
    T* recurrent = cache.candidate_recurrent + row * hidden;
    const T* old_state = before + row * hidden;
    T* new_state = after + row * hidden;
#pragma GCC ivdep
    for (int64_t i = 0; i < hidden; ++i) {
      const T r = Sigmoid(gi[i] + gh[i] + bias[i]);
      const T z = Sigmoid(gi[hidden + i] + gh[hidden + i] + bias[hidden + i]);
      const T of_memory = gh[2 * hidden + i] + bias[2 * hidden + i];
      const T c = Tanh(gi[2 * hidden + i] + r * of_memory);
      reset[i] = r;
      update[i] = z;
      candidate[i] = c;
      recurrent[i] = of_memory;
      new_state[i] = c + z * (old_state[i] - c);
    }
  }
}

template <typename T>
__attribute__((always_inline)) inline void Backward(int64_t rows, int64_t hidden, const GruStepCache<T>& cache,
                                                    const T* before, const T* output_gradient, T* after_gradient,
                                                    T* gate_inputs_gradient, T* gate_recurrent_gradient) {
  for (int64_t row = 0; row < rows; ++row) {
    const T* reset = cache.reset + row * hidden;
    const T* update = cache.update + row * hidden;
    const T* candidate = cache.candidate + row * hidden;
    const T* recurrent = cache.candidate_recurrent + row * hidden;
    const T* old_state = before + row * hidden;
    const T* of_output = output_gradient + row * hidden;
    T* gradient = after_gradient + row * hidden;
    T* d_gi = gate_inputs_gradient + row * 3 * hidden;
    T* d_gh = gate_recurrent_gradient + row * 3 * hidden;
#pragma GCC ivdep
    for (int64_t i = 0; i < hidden; ++i) {
      const T r = reset[i], z = update[i], c = candidate[i];
      const T d_after = gradient[i] + of_output[i];
      const T d_candidate = d_after * (T(1) - z) * (T(1) - c * c);
      const T d_update = d_after * (old_state[i] - c) * z * (T(1) - z);
      const T d_reset = d_candidate * recurrent[i] * r * (T(1) - r);
      d_gi[i] = d_gh[i] = d_reset;
      d_gi[hidden + i] = d_gh[hidden + i] = d_update;
      d_gi[2 * hidden + i] = d_candidate;
      d_gh[2 * hidden + i] = d_candidate * r;
      gradient[i] = d_after * z;
    }
  }
}

EVENKEEL_VECTOR_CLONES
void ForwardFloat(int64_t rows, int64_t hidden, const float* gate_inputs, const float* gate_recurrent, const float* bias,
                  const float* before, const GruStepCache<float>& cache, float* after) {
  Forward(rows, hidden, gate_inputs, gate_recurrent, bias, before, cache, after);
}

EVENKEEL_VECTOR_CLONES
void BackwardFloat(int64_t rows, int64_t hidden, const GruStepCache<float>& cache, const float* before,
                   const float* output_gradient, float* after_gradient, float* gate_inputs_gradient,
                   float* gate_recurrent_gradient) {
  Backward(rows, hidden, cache, before, output_gradient, after_gradient, gate_inputs_gradient, gate_recurrent_gradient);
}

}  // namespace

void GruGatesForward(int64_t rows, int64_t hidden, const float* gate_inputs, const float* gate_recurrent,
                     const float* recurrent_bias, const float* before, const GruStepCache<float>& cache, float* after) {
  ForwardFloat(rows, hidden, gate_inputs, gate_recurrent, recurrent_bias, before, cache, after);
}

void GruGatesForward(int64_t rows, int64_t hidden, const double* gate_inputs, const double* gate_recurrent,
                     const double* recurrent_bias, const double* before, const GruStepCache<double>& cache, double* after) {
  Forward(rows, hidden, gate_inputs, gate_recurrent, recurrent_bias, before, cache, after);
}

void GruGatesBackward(int64_t rows, int64_t hidden, const GruStepCache<float>& cache, const float* before,
                      const float* output_gradient, float* after_gradient, float* gate_inputs_gradient,
                      float* gate_recurrent_gradient) {
  BackwardFloat(rows, hidden, cache, before, output_gradient, after_gradient, gate_inputs_gradient, gate_recurrent_gradient);
}

void GruGatesBackward(int64_t rows, int64_t hidden, const GruStepCache<double>& cache, const double* before,
                      const double* output_gradient, double* after_gradient, double* gate_inputs_gradient,
                      double* gate_recurrent_gradient) {
  Backward(rows, hidden, cache, before, output_gradient, after_gradient, gate_inputs_gradient, gate_recurrent_gradient);
}

}  // namespace evenkeel
