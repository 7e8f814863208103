// Transposition in registers: log2(L) rounds of interleaving, the perfect-shuffle network.
#pragma once
#include "vec.h"

namespace tt::TT_ISA {

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 12
#error "GCC 12 or newer (or clang) is needed: __builtin_shufflevector"
#endif

inline V interleaveLow(V a, V b) {
#if TT_LANES == 16
  return __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
#elif TT_LANES == 8
  return __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
#else
  return __builtin_shufflevector(a, b, 0, 4, 1, 5);
#endif
}

inline V interleaveHigh(V a, V b) {
#if TT_LANES == 16
  return __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
#elif TT_LANES == 8
  return __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
  return __builtin_shufflevector(a, b, 2, 6, 3, 7);
#endif
}

/// dst[c][r] = src[r][c] for c < columns, r < rows; dst rows are written up to the next multiple of L, with zeros.
/// Whole vectors of src are read: its rows must be readable up to the next multiple of L columns.
static void transpose(const float* src, ptrdiff_t srcStride, int rows, int columns, float* dst, ptrdiff_t dstStride) {
  for (int r = 0; r < rows; r += L)
    for (int c = 0; c < columns; c += L) {
      V a[L], b[L];
      const float* s = src + r * srcStride + c;
      if (r + L <= rows) {
#pragma GCC unroll 16
        for (int i = 0; i < L; i++) a[i] = load(s + i * srcStride);
      } else {
        for (int i = 0; i < L; i++) a[i] = r + i < rows ? load(s + i * srcStride) : V{};
      }
#pragma GCC unroll 4
      for (int round = L; round > 1; round /= 4) {
#pragma GCC unroll 8
        for (int i = 0; i < L / 2; i++) {
          b[2 * i] = interleaveLow(a[i], a[i + L / 2]);
          b[2 * i + 1] = interleaveHigh(a[i], a[i + L / 2]);
        }
        if (round == 2) {  // an odd number of rounds (L = 8)
#pragma GCC unroll 16
          for (int i = 0; i < L; i++) a[i] = b[i];
          break;
        }
#pragma GCC unroll 8
        for (int i = 0; i < L / 2; i++) {
          a[2 * i] = interleaveLow(b[i], b[i + L / 2]);
          a[2 * i + 1] = interleaveHigh(b[i], b[i + L / 2]);
        }
      }
      float* d = dst + c * dstStride + r;
      if (c + L <= columns) {
#pragma GCC unroll 16
        for (int i = 0; i < L; i++) store(d + i * dstStride, a[i]);
      } else {
        for (int i = 0; c + i < columns; i++) store(d + i * dstStride, a[i]);
      }
    }
}

}  // namespace tt::TT_ISA
