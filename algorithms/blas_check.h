// Whether this process multiplies matrices at a reasonable speed: LibTorch uses whatever BLAS it finds, and with the
// reference one everything runs 7-8 times slower without a word. Free of LibTorch.
#ifndef EVENKEEL_ALGORITHMS_BLAS_CHECK_H_
#define EVENKEEL_ALGORITHMS_BLAS_CHECK_H_

#include <string>

namespace evenkeel {

// Speed in GFLOP/s, as the best of a few float products of 512 x 512 matrices through LibTorch, with the threads that it
// is set to use. Takes about 20 ms; 50 ms where the BLAS is slow.
double MeasureGflops();

// One line that says what is wrong and what to do, without a line end; empty if `gflops` is at least 20.
std::string SlowBlasWarning(double gflops);

}  // namespace evenkeel

#endif  // EVENKEEL_ALGORITHMS_BLAS_CHECK_H_
