// Compiled with -O3 (BUILD): the loops over `width` become vector instructions.
#include "algorithms/nets/bias_relu.h"

#include <algorithm>
#include <vector>

#include "algorithms/nets/vector_clones.h"

namespace evenkeel {
namespace {

// Rows are summed in blocks, so that the error of a sum over thousands of rows stays that of a hundred additions.
constexpr int64_t kBlock = 64;

template <typename T>
__attribute__((always_inline)) inline void Forward(int64_t rows, int64_t width, bool relu, const T* bias, T* values) {
  for (int64_t row = 0; row < rows; ++row) {
    T* of_row = values + row * width;
    if (relu) {
#pragma GCC ivdep
      for (int64_t i = 0; i < width; ++i) {
        const T sum = of_row[i] + bias[i];
        of_row[i] = sum < T(0) ? T(0) : sum;  // NaN stays NaN, so that the trainer finds it
      }
    } else {
#pragma GCC ivdep
      for (int64_t i = 0; i < width; ++i) of_row[i] += bias[i];
    }
  }
}

template <typename T>
__attribute__((always_inline)) inline void AddRow(int64_t width, const T* row, T* sum) {
#pragma GCC ivdep
  for (int64_t i = 0; i < width; ++i) sum[i] += row[i];
}

template <typename T>
__attribute__((always_inline)) inline void AddMaskedRow(int64_t width, const T* value, const T* gradient, T* masked, T* sum) {
#pragma GCC ivdep
  for (int64_t i = 0; i < width; ++i) {
    const T kept = value[i] <= T(0) ? T(0) : gradient[i];
    masked[i] = kept;
    sum[i] += kept;
  }
}

// `block_sum` [width] is scratch.
template <typename T>
__attribute__((always_inline)) inline void Backward(int64_t rows, int64_t width, bool relu, const T* values,
                                                    const T* gradient, T* masked, T* block_sum, T* bias_gradient) {
  std::fill(bias_gradient, bias_gradient + width, T(0));
  for (int64_t begin = 0; begin < rows; begin += kBlock) {
    std::fill(block_sum, block_sum + width, T(0));
    for (int64_t row = begin; row < std::min(rows, begin + kBlock); ++row) {
      if (relu) {
        AddMaskedRow(width, values + row * width, gradient + row * width, masked + row * width, block_sum);
      } else {
        AddRow(width, gradient + row * width, block_sum);
      }
    }
    AddRow(width, block_sum, bias_gradient);
  }
}

EVENKEEL_VECTOR_CLONES
void ForwardFloat(int64_t rows, int64_t width, bool relu, const float* bias, float* values) {
  Forward(rows, width, relu, bias, values);
}

EVENKEEL_VECTOR_CLONES
void BackwardFloat(int64_t rows, int64_t width, bool relu, const float* values, const float* gradient, float* masked,
                   float* block_sum, float* bias_gradient) {
  Backward(rows, width, relu, values, gradient, masked, block_sum, bias_gradient);
}

}  // namespace

void BiasRelu(int64_t rows, int64_t width, bool relu, const float* bias, float* values) {
  ForwardFloat(rows, width, relu, bias, values);
}

void BiasRelu(int64_t rows, int64_t width, bool relu, const double* bias, double* values) {
  Forward(rows, width, relu, bias, values);
}

void BiasReluGradient(int64_t rows, int64_t width, bool relu, const float* values, const float* result_gradient,
                      float* values_gradient, float* bias_gradient) {
  std::vector<float> block_sum(width);
  BackwardFloat(rows, width, relu, values, result_gradient, values_gradient, block_sum.data(), bias_gradient);
}

void BiasReluGradient(int64_t rows, int64_t width, bool relu, const double* values, const double* result_gradient,
                      double* values_gradient, double* bias_gradient) {
  std::vector<double> block_sum(width);
  Backward(rows, width, relu, values, result_gradient, values_gradient, block_sum.data(), bias_gradient);
}

}  // namespace evenkeel
