// The one matrix product: C(i,j) = scale * (sum_k A(i,k) B(k,j) + bias_i) + residual(i,j) [+ C(i,j)].
//
// A is read one number at a time with any strides, B and C by vectors along j. All three products of a linear layer
// and all six of attention have this form when activations are stored feature by feature (see block.h), so weights
// are never repacked after an update. Each element is summed over k in order, 256 at a time, whatever tile it falls
// into: numbers do not depend on the tiling.
#pragma once
#include "block.h"
#include "vec.h"

namespace tt::TT_ISA {

struct Product {
  const float* a;
  ptrdiff_t aRow, aCol;
  const float* b;
  ptrdiff_t bRow;
  float* c;
  ptrdiff_t cRow;
  int m, n, k;  ///< n is a multiple of L
  float scale = 1;
  const float* bias = nullptr;
  const float* residual = nullptr;  ///< laid out as c
  bool accumulate = false;
  float* pack = nullptr;  ///< kPack floats, worth giving where A is read across its rows (aRow = 1)
};


// Tiles that fill the registers: rows for a panel of 1, 2, 3, 4 vectors.
#if defined(TT_AVX512)
constexpr int kPanel = 4;
constexpr int tileRows(int vectors) { return vectors == 4 ? 6 : vectors == 3 ? 8 : 12; }
#else
constexpr int kPanel = 2;
constexpr int tileRows(int vectors) { return vectors == 2 ? 6 : 12; }
#endif

template <int R, int C>
__attribute__((noinline)) static void tile(const Product& p, int i, int j) {
  V sum[R][C];
  for (int r = 0; r < R; r++)
    for (int v = 0; v < C; v++) sum[r][v] = V{};
  const float* a = p.a + i * p.aRow;
  const float* b = p.b + j;
  const ptrdiff_t aRow = p.aRow, aCol = p.aCol, bRow = p.bRow;
  for (int k = p.k; k > 0; k--) {
    V row[C];
#pragma GCC unroll 4
    for (int v = 0; v < C; v++) row[v] = load(b + v * L);
#pragma GCC unroll 12
    for (int r = 0; r < R; r++) {
      V x = splat(a[r * aRow]);
#pragma GCC unroll 4
      for (int v = 0; v < C; v++) sum[r][v] = fma(x, row[v], sum[r][v]);
    }
    a += aCol;
    b += bRow;
  }
  const V scale = splat(p.scale);
#pragma GCC unroll 12
  for (int r = 0; r < R; r++) {
    const V bias = p.bias ? splat(p.bias[i + r]) : V{};
    const ptrdiff_t at = (i + r) * p.cRow + j;
#pragma GCC unroll 4
    for (int v = 0; v < C; v++) {
      V y = scale * (sum[r][v] + bias);
      if (p.residual) y += load(p.residual + at + v * L);
      if (p.accumulate) y += load(p.c + at + v * L);
      store(p.c + at + v * L, y);
    }
  }
}

template <int R, int C>
inline void lastRows(const Product& p, int i, int j, int left) {
  if (left == R) return tile<R, C>(p, i, j);
  if constexpr (R > 1) lastRows<R - 1, C>(p, i, j, left);
}

template <int C>
inline void panel(const Product& p, int j) {
  constexpr int R = tileRows(C);
  int i = 0;
  for (; i + R <= p.m; i += R) tile<R, C>(p, i, j);
  if (i < p.m) lastRows<R - 1, C>(p, i, j, p.m - i);
}

/// All of C in one go.
static void sweep(const Product& p) {
  int j = 0;
  for (; j + kPanel * L <= p.n; j += kPanel * L) panel<kPanel>(p, j);
  const int left = (p.n - j) / L;
#if defined(TT_AVX512)
  if (left == 3) return panel<3>(p, j);
  if (left == 2) return panel<2>(p, j);
#endif
  if (left == 1) panel<1>(p, j);
}

static void multiply(const Product& p) {
  if (p.k <= kDepth) return sweep(p);
  for (int k = 0; k < p.k; k += kDepth)
    for (int i = 0; i < p.m; i += kGroup) {
      Product slice = p;
      slice.m = p.m - i < kGroup ? p.m - i : kGroup;
      slice.k = p.k - k < kDepth ? p.k - k : kDepth;
      slice.a = p.a + i * p.aRow + k * p.aCol;
      slice.b = p.b + k * p.bRow;
      slice.c = p.c + i * p.cRow;
      if (p.bias) slice.bias = p.bias + i;
      if (p.residual) slice.residual = p.residual + i * p.cRow;
      if (k > 0) {
        slice.bias = slice.residual = nullptr;
        slice.accumulate = true;
      }
      if (p.pack && p.aRow == 1) {
        for (int l = 0; l < slice.k; l++)
          for (int r = 0; r < slice.m; r++) p.pack[l * kGroup + r] = slice.a[l * p.aCol + r];
        slice.a = p.pack;
        slice.aCol = kGroup;
      }
      sweep(slice);
    }
}

}  // namespace tt::TT_ISA
