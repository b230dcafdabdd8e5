#include "lb_shim/sed_pick.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace evenkeel {

#if defined(__x86_64__)
namespace {

#define EVENKEEL_VECTOR __attribute__((target("avx2,bmi,bmi2,popcnt")))

const bool kHasVector = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
                        __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("popcnt");

// Scores of the four servers from `first` on. Counts beyond the last server are not read; their score is
// SED_START_NEVER.
EVENKEEL_VECTOR inline __m256i FourScores(const sed_table& table, __m128i open, sed_u32 first) {
  const __m128i step = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&table.step[first]));
  const __m256i start = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(&table.start[first]));
  return _mm256_add_epi64(_mm256_mul_epu32(_mm256_cvtepu32_epi64(open), _mm256_cvtepu32_epi64(step)), start);
}

EVENKEEL_VECTOR inline __m256i Lesser(__m256i a, __m256i b) {
  return _mm256_blendv_epi8(a, b, _mm256_cmpgt_epi64(a, b));
}

// REQUIRES: 0 < table.servers <= SED_BLOCK, candidates > 0. Scores are positive as signed numbers too.
EVENKEEL_VECTOR int LeastScore(const sed_table& table, const uint32_t* open_flows, uint32_t random) {
  __m256i scores[SED_BLOCK / 4];
  __m256i least = _mm256_set1_epi64x(SED_START_NEVER);
  const sed_u32 whole = table.servers / 4;
  const sed_u32 rest = table.servers % 4;
  for (sed_u32 i = 0; i < whole; ++i) {
    scores[i] =
        FourScores(table, _mm_loadu_si128(reinterpret_cast<const __m128i*>(open_flows + 4 * i)), 4 * i);
    least = Lesser(least, scores[i]);
  }
  if (rest > 0) {
    const __m128i read = _mm_cmplt_epi32(_mm_setr_epi32(0, 1, 2, 3), _mm_set1_epi32(static_cast<int>(rest)));
    const __m128i open = _mm_maskload_epi32(reinterpret_cast<const int*>(open_flows + 4 * whole), read);
    scores[whole] = FourScores(table, open, 4 * whole);
    least = Lesser(least, scores[whole]);
  }
  least = Lesser(least, _mm256_permute4x64_epi64(least, 0x4e));
  least = Lesser(least, _mm256_permute4x64_epi64(least, 0xb1));
  uint64_t ties = 0;
  for (sed_u32 i = 0; i < whole + (rest > 0); ++i) {
    const __m256i equal = _mm256_cmpeq_epi64(scores[i], least);
    ties |= static_cast<uint64_t>(_mm256_movemask_pd(_mm256_castsi256_pd(equal))) << (4 * i);
  }
  // sed.h numbers the tied from the last server on.
  const uint32_t count = static_cast<uint32_t>(_mm_popcnt_u64(ties));
  return static_cast<int>(_tzcnt_u64(_pdep_u64(1ull << (count - 1 - sed_below(random, count)), ties)));
}

#undef EVENKEEL_VECTOR

}  // namespace

int SedPick(const sed_table& table, const uint32_t* open_flows, uint64_t random) {
  const bool simple =
      table.mode == SED_SHORTEST_EXPECTED_DELAY && table.servers <= SED_BLOCK && table.candidates > 0;
  if (kHasVector && simple) return LeastScore(table, open_flows, static_cast<uint32_t>(random));
  return sed_pick(&table, open_flows, random);
}

#else

int SedPick(const sed_table& table, const uint32_t* open_flows, uint64_t random) {
  return sed_pick(&table, open_flows, random);
}

#endif

}  // namespace evenkeel
