// How exactly the matrix products of networks are computed (v1::Training.matrix_precision). Free of LibTorch and of messages.
#ifndef EVENKEEL_ALGORITHMS_NETS_MATRIX_PRECISION_H_
#define EVENKEEL_ALGORITHMS_NETS_MATRIX_PRECISION_H_

namespace evenkeel {

// What becomes of the operands and results of the products of layers and of the GRU, forward and backward. Parameters, their
// gradients and all that is not such a product stay float. Products of doubles are never rounded.
enum class MatrixPrecision {
  kFloat32,         // nothing
  kBfloat16,        // operands are rounded to bfloat16 and multiplied as such, summed in float; the result is rounded once more
  kRoundedFloat32,  // operands are rounded to bfloat16, but multiplied as float: kBfloat16 for CPUs that would take much longer
};

// Whether this CPU has instructions that multiply bfloat16 (AVX512_BF16, which CPUs with AMX have, too). Where it has not,
// LibTorch 1.13 multiplied such matrices 40-50 times slower than float.
bool CpuMultipliesBfloat16();

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_NETS_MATRIX_PRECISION_H_
