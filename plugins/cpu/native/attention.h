// Causal attention, one sequence and head at a time, 32 queries at a time; the keys run down the columns.
//
// With scores stored as P[key j][query i], softmax needs no horizontal step, causality cuts the list of keys short, and
// every product has the form of gemm.h. Where sequences do not start on a multiple of 16 columns, the head is copied
// to scratch first and the results are copied back.
#pragma once
#include "block.h"
#include "gemm.h"
#include "math.h"
#include "transpose.h"

namespace tt::TT_ISA {

struct Head {
  const float *q, *k, *v;  ///< e rows of `stride`
  ptrdiff_t stride;
  int size, length;  ///< e, S
  float scale, slope;
};

/// Scores of queries i0.. against keys 0..keys-1: P[j][i] = scale q_i k_j.
inline void scores(const Head& h, int i0, int width, int keys, float* p) {
  Product product{h.k, 1, h.stride, h.q + i0, h.stride, p, kQueries, keys, width, h.size};
  product.scale = h.scale;
  multiply(product);
}

/// Logits of one vector of queries starting at i against key j, with the ALiBi bias.
inline V logit(const Head& h, const float* p, int i, int j) {
  return fma(splat(h.slope), splat(float(j - i)) - iota(), load(p));
}

inline V causal(V x, int i, int j, V otherwise) {  // keeps lanes with query >= key
  return iota() >= splat(float(j - i)) ? x : otherwise;
}

/// Turns scores into unnormalised probabilities; keys past a query become 0. Returns log-sum-exp and 1 / sum.
inline void softmax(const Head& h, int i, int keys, float* p, V& lse, V& inverse) {
  const int open = i < keys ? i + 1 : keys, end = i + L < keys ? i + L : keys;  // [open, end) is cut by the diagonal
  V top = splat(-3.4e38f);
  for (int j = 0; j < open; j++) top = max(logit(h, p + j * kQueries, i, j), top);
  for (int j = open; j < end; j++) top = max(causal(logit(h, p + j * kQueries, i, j), i, j, top), top);
  V total{};
  for (int j = 0; j < end; j++) {
    V x = exp(logit(h, p + j * kQueries, i, j) - top);
    if (j >= open) x = causal(x, i, j, V{});
    store(p + j * kQueries, x);
    total += x;
  }
  for (int j = end; j < keys; j++) store(p + j * kQueries, V{});
  lse = top + log(total);
  inverse = splat(1.f) / total;
}

inline void headForward(const Head& h, float* y, ptrdiff_t yStride, float* lse, float* p) {
  const int columns = padded(h.length);
  for (int i0 = 0; i0 < columns; i0 += kQueries) {
    const int width = columns - i0 < kQueries ? columns - i0 : kQueries;
    const int keys = h.length < i0 + width ? h.length : i0 + width;
    scores(h, i0, width, keys, p);
    V inverse[kQueries / L];
    for (int c = 0; c * L < width; c++) {
      V row;
      softmax(h, i0 + c * L, keys, p + c * L, row, inverse[c]);
      store(lse + i0 + c * L, row);
    }
    multiply({h.v, h.stride, 1, p, kQueries, y + i0, yStride, h.size, width, keys});
    for (int f = 0; f < h.size; f++)
      for (int c = 0; c * L < width; c++) {
        float* to = y + f * yStride + i0 + c * L;
        store(to, load(to) * inverse[c]);
      }
  }
}

struct HeadGradient {
  const float *dy, *y;  ///< e rows of `stride`
  const float* lse;
  float *dq, *dk, *dv;  ///< e rows of `outStride`
  ptrdiff_t stride, outStride;
  bool accumulate;
};

/// P = softmax, dS = P (dP - sum_f dy_f y_f); queries past the sequence are left to the caller to ignore.
inline void scoreGradient(const Head& h, const HeadGradient& g, int i0, int width, int keys, float* p, float* ds) {
  scores(h, i0, width, keys, p);
  multiply({h.v, 1, h.stride, g.dy + i0, g.stride, ds, kQueries, keys, width, h.size});
  for (int c = 0; c * L < width; c++) {
    const int i = i0 + c * L;
    const V lse = load(g.lse + i);
    V mean{};
    for (int f = 0; f < h.size; f++) mean = fma(load(g.dy + f * g.stride + i), load(g.y + f * g.stride + i), mean);
    for (int j = 0; j < keys; j++) {
      float *pj = p + j * kQueries + c * L, *dj = ds + j * kQueries + c * L;
      V x = j >= i + L ? V{} : exp(logit(h, pj, i, j) - lse);
      if (j > i) x = causal(x, i, j, V{});
      store(pj, x);
      store(dj, x * (load(dj) - mean));
    }
  }
}

inline void turnBack(const float* turned, int rows, int features, float scale, float* to, ptrdiff_t stride,
                     bool accumulate, float* scratch) {
  const int columns = padded(rows);
  transpose(turned, padded(features), rows, features, scratch, columns);
  for (int f = 0; f < features; f++)
    for (int t = 0; t < columns; t += L) {
      V x = load(scratch + f * columns + t) * splat(scale);
      float* at = to + f * stride + t;
      store(at, accumulate ? load(at) + x : x);
    }
}

inline void headBackward(const Head& h, const HeadGradient& g, float* scratch) {
  const int columns = padded(h.length), e = padded(h.size);
  const ptrdiff_t turned = ptrdiff_t(columns) * e;
  float *p = scratch, *ds = p + columns * kQueries, *q = ds + columns * kQueries, *dy = q + turned, *dk = dy + turned,
        *dv = dk + turned;
  transpose(h.q, h.stride, h.size, columns, q, e);
  transpose(g.dy, g.stride, h.size, columns, dy, e);
  for (ptrdiff_t i = 0; i < 2 * turned; i++) dk[i] = 0;
  for (int i0 = 0; i0 < columns; i0 += kQueries) {
    const int width = columns - i0 < kQueries ? columns - i0 : kQueries;
    const int keys = h.length < i0 + width ? h.length : i0 + width;
    const int queries = h.length - i0 < width ? h.length - i0 : width;
    scoreGradient(h, g, i0, width, keys, p, ds);
    Product dq{h.k, h.stride, 1, ds, kQueries, g.dq + i0, g.outStride, h.size, width, keys};
    dq.scale = h.scale;
    dq.accumulate = g.accumulate;
    multiply(dq);
    Product keyGradient{ds, kQueries, 1, q + ptrdiff_t(i0) * e, e, dk, e, keys, e, queries};
    keyGradient.accumulate = true;
    multiply(keyGradient);
    Product valueGradient{p, kQueries, 1, dy + ptrdiff_t(i0) * e, e, dv, e, keys, e, queries};
    valueGradient.accumulate = true;
    multiply(valueGradient);
  }
  turnBack(dk, h.length, h.size, h.scale, g.dk, g.outStride, g.accumulate, q);
  turnBack(dv, h.length, h.size, 1, g.dv, g.outStride, g.accumulate, q);
}

/// Copies `rows` rows of `length` numbers and fills them with zeros to `toStride`.
inline void gather(const float* from, ptrdiff_t fromStride, int rows, int length, float* to, int toStride) {
  for (int f = 0; f < rows; f++) {
    for (int t = 0; t < length; t++) to[f * toStride + t] = from[f * fromStride + t];
    for (int t = length; t < toStride; t++) to[f * toStride + t] = 0;
  }
}

inline void scatter(const float* from, int fromStride, int rows, int length, float* to, ptrdiff_t toStride,
                    bool accumulate) {
  for (int f = 0; f < rows; f++)
    for (int t = 0; t < length; t++) {
      const float x = from[f * fromStride + t];
      float& at = to[f * toStride + t];
      at = accumulate ? at + x : x;
    }
}

inline void clearPadding(const Block& block, int rows, float* x) {
  for (int f = 0; f < rows; f++)
    for (int t = block.tokens; t < block.columns; t++) x[f * ptrdiff_t(block.stride) + t] = 0;
}

static void attention(const Block& block, int d, int heads, const float* slopes, float scale, const float* qkv,
                      float* y, float* lse, float* scratch) {
  const int e = d / heads, S = block.sequence, columns = padded(S);
  const ptrdiff_t stride = block.stride;
  float *p = scratch, *copies = p + columns * kQueries, *yCopy = copies + 3 * ptrdiff_t(e) * columns,
        *lseCopy = yCopy + ptrdiff_t(e) * columns;
  for (int s = 0; s < block.tokens; s += S)
    for (int head = 0; head < heads; head++) {
      const float* q = qkv + head * e * stride + s;
      const float *k = q + d * stride, *v = k + d * stride;
      float *yh = y + head * e * stride + s, *lh = lse + head * stride + s;
      const float slope = slopes ? slopes[head] : 0;
      if (S % kAlign == 0) {
        headForward({q, k, v, stride, e, S, scale, slope}, yh, stride, lh, p);
        continue;
      }
      float *qc = copies, *kc = qc + e * columns, *vc = kc + e * columns;
      gather(q, stride, e, S, qc, columns);
      gather(k, stride, e, S, kc, columns);
      gather(v, stride, e, S, vc, columns);
      headForward({qc, kc, vc, columns, e, S, scale, slope}, yCopy, columns, lseCopy, p);
      scatter(yCopy, columns, e, S, yh, stride, false);
      scatter(lseCopy, columns, 1, S, lh, stride, false);
    }
  clearPadding(block, d, y);
  clearPadding(block, heads, lse);
}

static void attentionBackward(const Block& block, int d, int heads, const float* slopes, float scale, const float* dy,
                              const float* qkv, const float* y, const float* lse, float* dqkv, bool accumulate,
                              float* scratch) {
  const int e = d / heads, S = block.sequence, columns = padded(S);
  const ptrdiff_t stride = block.stride;
  const int panel = e * columns;
  float* copies = scratch + 2 * columns * kQueries + 4 * ptrdiff_t(columns) * padded(e);
  for (int s = 0; s < block.tokens; s += S)
    for (int head = 0; head < heads; head++) {
      const ptrdiff_t at = head * e * stride + s, third = d * stride;
      const float *q = qkv + at, *k = q + third, *v = k + third, *lh = lse + head * stride + s;
      float *dq = dqkv + at, *dk = dq + third, *dv = dk + third;
      const float slope = slopes ? slopes[head] : 0;
      if (S % kAlign == 0) {
        headBackward({q, k, v, stride, e, S, scale, slope}, {dy + at, y + at, lh, dq, dk, dv, stride, stride, accumulate},
                     scratch);
        continue;
      }
      float *qc = copies, *kc = qc + panel, *vc = kc + panel, *dyc = vc + panel, *yc = dyc + panel, *dqc = yc + panel,
            *dkc = dqc + panel, *dvc = dkc + panel, *lc = dvc + panel;
      gather(q, stride, e, S, qc, columns);
      gather(k, stride, e, S, kc, columns);
      gather(v, stride, e, S, vc, columns);
      gather(dy + at, stride, e, S, dyc, columns);
      gather(y + at, stride, e, S, yc, columns);
      gather(lh, stride, 1, S, lc, columns);
      headBackward({qc, kc, vc, columns, e, S, scale, slope}, {dyc, yc, lc, dqc, dkc, dvc, columns, columns, false},
                   scratch);
      scatter(dqc, columns, e, S, dq, stride, accumulate);
      scatter(dkc, columns, e, S, dk, stride, accumulate);
      scatter(dvc, columns, e, S, dv, stride, accumulate);
    }
  if (!accumulate) clearPadding(block, 3 * d, dqkv);
}

}  // namespace tt::TT_ISA
