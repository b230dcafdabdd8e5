// A vector times the absolute values of a matrix, for many rows, each with a matrix of its own. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_NETS_ABSOLUTE_PRODUCT_H_
#define EVENKEEL_ALGORITHMS_NETS_ABSOLUTE_PRODUCT_H_

#include <cstdint>

namespace evenkeel {

// product[r, e] = sum over k of vectors[r, k] |matrices[r, k, e]|, for `rows` rows, K = inner, E = outer.
void AbsoluteProduct(int64_t rows, int64_t inner, int64_t outer, const float* vectors, const float* matrices,
                     float* product);
void AbsoluteProduct(int64_t rows, int64_t inner, int64_t outer, const double* vectors, const double* matrices,
                     double* product);

// Gradients of the above from that of `product`. The slope of |x| at 0 counts as 0.
void AbsoluteProductGradient(int64_t rows, int64_t inner, int64_t outer, const float* vectors, const float* matrices,
                             const float* product_gradient, float* vectors_gradient, float* matrices_gradient);
void AbsoluteProductGradient(int64_t rows, int64_t inner, int64_t outer, const double* vectors, const double* matrices,
                             const double* product_gradient, double* vectors_gradient, double* matrices_gradient);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_ABSOLUTE_PRODUCT_H_
