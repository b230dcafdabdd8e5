#include "algorithms/blas_check.h"

#include <algorithm>
#include <chrono>

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>

#include "absl/strings/str_format.h"

namespace evenkeel {
namespace {

constexpr double kSlowGflops = 20;

double GflopsOfOneProduct(int64_t size) {
  const at::Tensor a = at::ones({size, size}), b = at::ones({size, size});
  at::Tensor product = at::empty({size, size});
  const auto start = std::chrono::steady_clock::now();
  at::mm_out(product, a, b);
  const std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - start;
  return 2.0 * static_cast<double>(size * size * size) / std::max(elapsed.count(), 1.0);
}

}  // namespace

double MeasureGflops() {
  const c10::InferenceMode inference;
  GflopsOfOneProduct(64);  // starts what is started on first use
  // A quarter of the size finds a slow BLAS in 10 ms; it would need 100 ms for one full product.
  double best = GflopsOfOneProduct(256);
  if (best < 0.5 * kSlowGflops) return std::max(best, GflopsOfOneProduct(256));
  for (int repeat = 0; repeat < 3; ++repeat) best = std::max(best, GflopsOfOneProduct(512));
  return best;
}

std::string SlowBlasWarning(double gflops) {
  if (gflops >= kSlowGflops) return "";
  return absl::StrFormat(
      "matrix products run at %.1f GFLOP/s, expected at least %.0f: training will be several times slower; install a fast "
      "BLAS (apt-get install libopenblas0-pthread) or relink with //third_party/blas",
      gflops, kSlowGflops);
}

}  // namespace evenkeel
