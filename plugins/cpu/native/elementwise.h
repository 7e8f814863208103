// Exact GELU, rotation of queries and keys, copies: each feature row of a block on its own.
#pragma once
#include "block.h"
#include "math.h"

namespace tt::TT_ISA {

static void gelu(const Block& block, int f, const float* x, float* y) {
  for (int i = 0; i < f; i++)
    for (int t = 0; t < block.columns; t += L) {
      const ptrdiff_t at = ptrdiff_t(i) * block.stride + t;
      V u = load(x + at);
      store(y + at, u * gaussian(u).cumulative);
    }
}

/// d/dx x Phi(x) = Phi(x) + x phi(x).
static void geluBackward(const Block& block, int f, const float* dy, const float* x, float* dx, bool accumulate) {
  for (int i = 0; i < f; i++)
    for (int t = 0; t < block.columns; t += L) {
      const ptrdiff_t at = ptrdiff_t(i) * block.stride + t;
      V u = load(x + at);
      Gaussian g = gaussian(u);
      V out = load(dy + at) * fma(u, g.density, g.cumulative);
      store(dx + at, accumulate ? load(dx + at) + out : out);
    }
}

static void copy(const Block& block, int f, const float* x, float* y, bool accumulate) {
  for (int i = 0; i < f; i++)
    for (int t = 0; t < block.columns; t += L) {
      const ptrdiff_t at = ptrdiff_t(i) * block.stride + t;
      V u = load(x + at);
      store(y + at, accumulate ? load(y + at) + u : u);
    }
}

/// Rotates the pairs (i, i + e/2) of every head of q and k; `cosine` and `sine` are [e/2][stride], by column.
static void rotate(const Block& block, int d, int heads, const float* cosine, const float* sine, bool inverse,
                   const float* x, float* y, bool accumulate) {
  const int e = d / heads, half = e / 2;
  const ptrdiff_t stride = block.stride;
  const V sign = splat(inverse ? -1.f : 1.f);
  for (int head = 0; head < 2 * heads; head++)
    for (int i = 0; i < half; i++) {
      const ptrdiff_t low = (ptrdiff_t(head) * e + i) * stride, high = low + half * stride;
      for (int t = 0; t < block.columns; t += L) {
        V c = load(cosine + i * stride + t), s = load(sine + i * stride + t) * sign;
        V a = load(x + low + t), b = load(x + high + t);
        V first = a * c - b * s, second = fma(b, c, a * s);
        store(y + low + t, accumulate ? load(y + low + t) + first : first);
        store(y + high + t, accumulate ? load(y + high + t) + second : second);
      }
    }
  const ptrdiff_t values = 2 * ptrdiff_t(d) * stride;
  copy(block, d, x + values, y + values, accumulate);
}

}  // namespace tt::TT_ISA
