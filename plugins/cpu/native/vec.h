// One vector type per instruction set, so that every kernel is written once.
//
// A translation unit defines TT_AVX512, TT_AVX2 or neither before including this. Everything that depends on
// the choice lives in a namespace of its own, and these units use no standard-library templates: the linker
// would merge such instantiations across units and could hand AVX-512 code to a machine without it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(TT_AVX512) || defined(TT_AVX2) || defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(TT_AVX512)
#define TT_ISA avx512
#define TT_LANES 16
#elif defined(TT_AVX2)
#define TT_ISA avx2
#define TT_LANES 8
#else
#define TT_ISA portable
#define TT_LANES 4
#endif

namespace tt::TT_ISA {

constexpr int L = TT_LANES;
typedef float V __attribute__((vector_size(TT_LANES * 4)));
typedef int32_t VI __attribute__((vector_size(TT_LANES * 4)));
typedef float Unaligned __attribute__((vector_size(TT_LANES * 4), aligned(4), may_alias));

inline V load(const float* p) { return *reinterpret_cast<const Unaligned*>(p); }
inline void store(float* p, V x) { *reinterpret_cast<Unaligned*>(p) = x; }
inline V splat(float x) { return x - V{}; }
inline VI splat(int32_t x) { return x - VI{}; }

/// a * b + c, rounded once where the hardware can. Contraction by the compiler is switched off: what is fused is
/// written here, so that the main loop and the last vector of a row can never differ.
inline V fma(V a, V b, V c) {
#if defined(TT_AVX512)
  return _mm512_fmadd_ps(a, b, c);
#elif defined(TT_AVX2)
  return _mm256_fmadd_ps(a, b, c);
#else
  return a * b + c;
#endif
}

inline V sqrt(V x) {
#if defined(TT_AVX512)
  return _mm512_sqrt_ps(x);
#elif defined(TT_AVX2)
  return _mm256_sqrt_ps(x);
#elif defined(__SSE2__)
  return _mm_sqrt_ps(x);
#else
  V y;
  for (int i = 0; i < L; i++) y[i] = __builtin_sqrtf(x[i]);
  return y;
#endif
}

inline V max(V a, V b) { return a > b ? a : b; }
inline V min(V a, V b) { return a < b ? a : b; }

/// 0, 1, ..., L - 1.
inline V iota() {
  V x;
  for (int i = 0; i < L; i++) x[i] = float(i);
  return x;
}

/// Sum of the lanes by halving: a fixed order.
inline float sum(V x) {
  float a[L];
  store(a, x);
  for (int half = L / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++) a[i] += a[i + half];
  return a[0];
}

inline VI bits(V x) { return (VI)x; }
inline V real(VI x) { return (V)x; }

}  // namespace tt::TT_ISA
