// One copy of a function per instruction set, chosen when the program is loaded.
#ifndef EVENKEEL_ALGORITHMS_NETS_VECTOR_CLONES_H_
#define EVENKEEL_ALGORITHMS_NETS_VECTOR_CLONES_H_

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#define EVENKEEL_VECTOR_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define EVENKEEL_VECTOR_CLONES
#endif

#endif  // EVENKEEL_ALGORITHMS_NETS_VECTOR_CLONES_H_
