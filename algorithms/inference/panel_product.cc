// Compiled with -O3 (BUILD). The loop is written with vector types, which a compiler splits for the instruction set of the
// function that it finds them in: hence one copy of the text per set, where vector_clones.h would split them before it copies.
#include "algorithms/inference/panel_product.h"

#include <cstddef>

namespace evenkeel {
namespace {

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define EVENKEEL_INSTRUCTION_SETS 1

#pragma GCC push_options
#pragma GCC target("avx512f,fma")
#define EVENKEEL_LANES 16
#define EVENKEEL_PANELS 4
#define EVENKEEL_ROW_PANELS 2
namespace avx512 {
#include "algorithms/inference/panel_product_kernel.inc"
}  // namespace avx512
#undef EVENKEEL_LANES
#undef EVENKEEL_PANELS
#undef EVENKEEL_ROW_PANELS
#pragma GCC pop_options

#pragma GCC push_options
#pragma GCC target("avx2,fma")
#define EVENKEEL_LANES 8
#define EVENKEEL_PANELS 4
#define EVENKEEL_ROW_PANELS 1
namespace avx2 {
#include "algorithms/inference/panel_product_kernel.inc"
}  // namespace avx2
#undef EVENKEEL_LANES
#undef EVENKEEL_PANELS
#undef EVENKEEL_ROW_PANELS
#pragma GCC pop_options
#endif

#define EVENKEEL_LANES 4
#define EVENKEEL_PANELS 2
#define EVENKEEL_ROW_PANELS 1
namespace portable {
#include "algorithms/inference/panel_product_kernel.inc"
}  // namespace portable

using Function = void (*)(const PackedWeights&, int64_t, bool, const float*, float*, int32_t*);

Function Choose() {
#ifdef EVENKEEL_INSTRUCTION_SETS
  if (__builtin_cpu_supports("avx512f")) return avx512::Product;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return avx2::Product;
#endif
  return portable::Product;
}

}  // namespace

void PanelProduct(const PackedWeights& weights, int64_t rows, bool relu, const float* x, float* y, int32_t* scratch) {
  static const Function kProduct = Choose();
  kProduct(weights, rows, relu, x, y, scratch);
}

}  // namespace evenkeel
