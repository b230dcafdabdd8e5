// What a fully connected layer does beside its matrix products, in one pass over memory each way. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_NETS_BIAS_RELU_H_
#define EVENKEEL_ALGORITHMS_NETS_BIAS_RELU_H_

#include <cstdint>

namespace evenkeel {

// values [rows, width] += bias [width]; with `relu` then max(0, values).
void BiasRelu(int64_t rows, int64_t width, bool relu, const float* bias, float* values);
void BiasRelu(int64_t rows, int64_t width, bool relu, const double* bias, double* values);

// Gradients of the above from that of the result, of which `values` are the values. values_gradient [rows, width] is
// result_gradient where the result is > 0, else 0; bias_gradient [width] the sum of its rows. Without `relu` values_gradient is
// not written, as it would equal result_gradient, and `values` is not read.
void BiasReluGradient(int64_t rows, int64_t width, bool relu, const float* values, const float* result_gradient,
                      float* values_gradient, float* bias_gradient);
void BiasReluGradient(int64_t rows, int64_t width, bool relu, const double* values, const double* result_gradient,
                      double* values_gradient, double* bias_gradient);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_BIAS_RELU_H_
