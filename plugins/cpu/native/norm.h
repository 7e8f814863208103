// Layer norm down the columns, up to four vectors of tokens at a time.
#pragma once
#include "block.h"
#include "vec.h"

namespace tt::TT_ISA {

template <int C>
inline void normColumns(const Block& block, int t, int d, float eps, const float* x, const float* gain,
                        const float* bias, float* y, float* stats) {
  const ptrdiff_t stride = block.stride;
  const V count = splat(float(d));
  V mean[C] = {}, square[C] = {}, rstd[C];
  for (int f = 0; f < d; f++)
    for (int c = 0; c < C; c++) mean[c] += load(x + f * stride + t + c * L);
  for (int c = 0; c < C; c++) mean[c] = mean[c] / count;
  for (int f = 0; f < d; f++)
    for (int c = 0; c < C; c++) {
      V centred = load(x + f * stride + t + c * L) - mean[c];
      square[c] = fma(centred, centred, square[c]);
    }
  for (int c = 0; c < C; c++) {
    rstd[c] = splat(1.f) / sqrt(square[c] / count + splat(eps));
    store(stats + t + c * L, mean[c]);
    store(stats + stride + t + c * L, rstd[c]);
  }
  for (int f = 0; f < d; f++) {
    const V g = splat(gain ? gain[f] : 1.f), b = splat(bias ? bias[f] : 0.f);
    for (int c = 0; c < C; c++) {
      V centred = load(x + f * stride + t + c * L) - mean[c];
      store(y + f * stride + t + c * L, fma(centred * rstd[c], g, b));
    }
  }
}

static void norm(const Block& block, int d, float eps, const float* x, const float* gain, const float* bias, float* y,
                 float* stats) {
  int t = 0;
  for (; t + 4 * L <= block.columns; t += 4 * L) normColumns<4>(block, t, d, eps, x, gain, bias, y, stats);
  for (; t < block.columns; t += L) normColumns<1>(block, t, d, eps, x, gain, bias, y, stats);
}

/// With xhat = (x - mean) rstd and u = dy * gain: dx = rstd (u - mean(u) - xhat mean(u xhat)).
template <int C>
inline void normColumnsBackward(const Block& block, int t, int d, const float* dy, const float* x, const float* stats,
                                const float* gain, float* dx, bool accumulate, float* gainSums, float* biasSums) {
  const ptrdiff_t stride = block.stride;
  const V count = splat(float(d));
  V mean[C], rstd[C], first[C] = {}, second[C] = {};
  for (int c = 0; c < C; c++) {
    mean[c] = load(stats + t + c * L);
    rstd[c] = load(stats + stride + t + c * L);
  }
  for (int f = 0; f < d; f++) {
    const V g = splat(gain ? gain[f] : 1.f);
    V gainSum = load(gainSums + f * L), biasSum = load(biasSums + f * L);
    for (int c = 0; c < C; c++) {
      V dyf = load(dy + f * stride + t + c * L);
      V xhat = (load(x + f * stride + t + c * L) - mean[c]) * rstd[c];
      V u = dyf * g;
      first[c] += u;
      second[c] = fma(u, xhat, second[c]);
      gainSum = fma(dyf, xhat, gainSum);
      biasSum += dyf;
    }
    store(gainSums + f * L, gainSum);
    store(biasSums + f * L, biasSum);
  }
  for (int c = 0; c < C; c++) {
    first[c] = first[c] / count;
    second[c] = second[c] / count;
  }
  for (int f = 0; f < d; f++) {
    const V g = splat(gain ? gain[f] : 1.f);
    for (int c = 0; c < C; c++) {
      V xhat = (load(x + f * stride + t + c * L) - mean[c]) * rstd[c];
      V u = load(dy + f * stride + t + c * L) * g;
      V out = rstd[c] * (u - fma(xhat, second[c], first[c]));
      float* to = dx + f * stride + t + c * L;
      store(to, accumulate ? load(to) + out : out);
    }
  }
}

static void normBackward(const Block& block, int d, const float* dy, const float* x, const float* stats,
                         const float* gain, float* dx, bool accumulate, float* dgain, float* dbias, float* scratch) {
  float *gainSums = scratch, *biasSums = scratch + ptrdiff_t(d) * L;
  for (ptrdiff_t i = 0; i < 2 * ptrdiff_t(d) * L; i++) scratch[i] = 0;
  int t = 0;
  for (; t + 4 * L <= block.columns; t += 4 * L)
    normColumnsBackward<4>(block, t, d, dy, x, stats, gain, dx, accumulate, gainSums, biasSums);
  for (; t < block.columns; t += L)
    normColumnsBackward<1>(block, t, d, dy, x, stats, gain, dx, accumulate, gainSums, biasSums);
  for (int f = 0; f < d; f++) {
    if (dgain) dgain[f] += sum(load(gainSums + f * L));
    if (dbias) dbias[f] += sum(load(biasSums + f * L));
  }
}

}  // namespace tt::TT_ISA
