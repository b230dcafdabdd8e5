// Debian's LibTorch multiplies float matrices through the Fortran symbol `sgemm_` of libblas.so.3, which on a
// plain install is the reference BLAS: 2-4 GFLOP/s. This definition, linked into our own binaries, is found first by
// the dynamic linker and forwards to oneDNN (95-112 GFLOP/s a core), which LibTorch depends on anyway.
#include <oneapi/dnnl/dnnl.h>

// Column-major C = alpha op(A) op(B) + beta C is row-major C^T = alpha op(B)^T op(A)^T + beta C^T, so the operands swap.
void sgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k, const float* alpha,
            const float* a, const int* lda, const float* b, const int* ldb, const float* beta, float* c, const int* ldc) {
  dnnl_sgemm(*transb, *transa, *n, *m, *k, *alpha, b, *ldb, a, *lda, *beta, c, *ldc);
}
