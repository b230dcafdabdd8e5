#include "algorithms/nets/matrix_precision.h"

namespace evenkeel {

bool CpuMultipliesBfloat16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

}  // namespace evenkeel
