// Softmax cross-entropy over the vocabulary, down the columns.
#pragma once
#include "block.h"
#include "math.h"

namespace tt::TT_ISA {

template <int C>
inline void logSumExp(const Block& block, int t, int vocabulary, const float* logits, float* lse) {
  const ptrdiff_t stride = block.stride;
  V top[C], total[C] = {};
  for (int c = 0; c < C; c++) top[c] = load(logits + t + c * L);
  for (int v = 1; v < vocabulary; v++)
    for (int c = 0; c < C; c++) top[c] = max(load(logits + v * stride + t + c * L), top[c]);
  for (int v = 0; v < vocabulary; v++)
    for (int c = 0; c < C; c++) total[c] += exp(load(logits + v * stride + t + c * L) - top[c]);
  for (int c = 0; c < C; c++) store(lse + t + c * L, top[c] + log(total[c]));
}

static void crossEntropy(const Block& block, int vocabulary, const int* targets, const float* logits, float* loss,
                         float* lse) {
  int t = 0;
  for (; t + 4 * L <= block.columns; t += 4 * L) logSumExp<4>(block, t, vocabulary, logits, lse);
  for (; t < block.columns; t += L) logSumExp<1>(block, t, vocabulary, logits, lse);
  for (int i = 0; i < block.tokens; i++) loss[i] = lse[i] - logits[ptrdiff_t(targets[i]) * block.stride + i];
}

/// Padding columns get zeros here, which every later gradient keeps.
static void crossEntropyBackward(const Block& block, int vocabulary, const int* targets, const float* logits,
                                 const float* lse, float* dlogits, bool accumulate) {
  const ptrdiff_t stride = block.stride;
  const V place = iota();
  for (int v = 0; v < vocabulary; v++)
    for (int t = 0; t < block.columns; t += L) {
      V p = exp(load(logits + v * stride + t) - load(lse + t));
      if (t + L > block.tokens) p = place < splat(float(block.tokens - t)) ? p : V{};
      float* to = dlogits + v * stride + t;
      store(to, accumulate ? load(to) + p : p);
    }
  for (int i = 0; i < block.tokens; i++) dlogits[ptrdiff_t(targets[i]) * stride + i] -= 1;
}

}  // namespace tt::TT_ISA
