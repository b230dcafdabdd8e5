// Compiled with -O3 -ffast-math (BUILD), which lets the sums over `outer` become vector instructions.
#include "algorithms/nets/absolute_product.h"

#include <algorithm>
#include <cmath>

#include "algorithms/nets/vector_clones.h"

namespace evenkeel {
namespace {

template <typename T>
__attribute__((always_inline)) inline void Product(int64_t rows, int64_t inner, int64_t outer, const T* vectors,
                                                   const T* matrices, T* product) {
  for (int64_t row = 0; row < rows; ++row) {
    T* sum = product + row * outer;
    std::fill(sum, sum + outer, T(0));
    for (int64_t k = 0; k < inner; ++k) {
      const T factor = vectors[row * inner + k];
      const T* matrix_row = matrices + (row * inner + k) * outer;
#pragma GCC ivdep
      for (int64_t e = 0; e < outer; ++e) sum[e] += factor * std::abs(matrix_row[e]);
    }
  }
}

template <typename T>
__attribute__((always_inline)) inline void Gradient(int64_t rows, int64_t inner, int64_t outer, const T* vectors,
                                                    const T* matrices, const T* product_gradient,
                                                    T* vectors_gradient, T* matrices_gradient) {
  for (int64_t row = 0; row < rows; ++row) {
    const T* gradient = product_gradient + row * outer;
    for (int64_t k = 0; k < inner; ++k) {
      const T factor = vectors[row * inner + k];
      const T* matrix_row = matrices + (row * inner + k) * outer;
      T* matrix_gradient = matrices_gradient + (row * inner + k) * outer;
      T sum = 0;
#pragma GCC ivdep
      for (int64_t e = 0; e < outer; ++e) {
        const T sign = static_cast<T>(matrix_row[e] > 0) - static_cast<T>(matrix_row[e] < 0);
        sum += gradient[e] * std::abs(matrix_row[e]);
        matrix_gradient[e] = factor * gradient[e] * sign;
      }
      vectors_gradient[row * inner + k] = sum;
    }
  }
}

EVENKEEL_VECTOR_CLONES
void ProductFloat(int64_t rows, int64_t inner, int64_t outer, const float* vectors, const float* matrices,
                  float* product) {
  Product(rows, inner, outer, vectors, matrices, product);
}

EVENKEEL_VECTOR_CLONES
void GradientFloat(int64_t rows, int64_t inner, int64_t outer, const float* vectors, const float* matrices,
                   const float* product_gradient, float* vectors_gradient, float* matrices_gradient) {
  Gradient(rows, inner, outer, vectors, matrices, product_gradient, vectors_gradient, matrices_gradient);
}

}  // namespace

void AbsoluteProduct(int64_t rows, int64_t inner, int64_t outer, const float* vectors, const float* matrices,
                     float* product) {
  ProductFloat(rows, inner, outer, vectors, matrices, product);
}

void AbsoluteProduct(int64_t rows, int64_t inner, int64_t outer, const double* vectors, const double* matrices,
                     double* product) {
  Product(rows, inner, outer, vectors, matrices, product);
}

void AbsoluteProductGradient(int64_t rows, int64_t inner, int64_t outer, const float* vectors, const float* matrices,
                             const float* product_gradient, float* vectors_gradient, float* matrices_gradient) {
  GradientFloat(rows, inner, outer, vectors, matrices, product_gradient, vectors_gradient, matrices_gradient);
}

void AbsoluteProductGradient(int64_t rows, int64_t inner, int64_t outer, const double* vectors, const double* matrices,
                             const double* product_gradient, double* vectors_gradient, double* matrices_gradient) {
  Gradient(rows, inner, outer, vectors, matrices, product_gradient, vectors_gradient, matrices_gradient);
}

}  // namespace evenkeel
