// Embedding and its gradient: sixteen tokens at a time are gathered token by token, then turned into columns.
#pragma once
#include "block.h"
#include "transpose.h"

namespace tt::TT_ISA {

static void embed(const Block& block, const int* ids, int d, float scale, const float* table, const float* positions,
                  float* y, float* scratch) {
  const int row = padded(d);
  for (int t = 0; t < block.columns; t += kAlign) {
    const int here = block.tokens - t < kAlign ? block.tokens - t : kAlign;
    for (int i = 0; i < kAlign; i++) {
      float* to = scratch + i * row;
      for (int f = d; f < row; f++) to[f] = 0;
      if (i >= here) {
        for (int f = 0; f < d; f++) to[f] = 0;
        continue;
      }
      const float* from = table + ptrdiff_t(ids[t + i]) * d;
      if (positions) {
        const float* place = positions + ptrdiff_t((t + i) % block.sequence) * d;
        for (int f = 0; f < d; f++) to[f] = scale * (from[f] + place[f]);
      } else {
        for (int f = 0; f < d; f++) to[f] = scale * from[f];
      }
    }
    transpose(scratch, row, kAlign, d, y + t, block.stride);
  }
}

/// Rows are added in token order, so the sum does not depend on how tokens are cut into blocks.
static void embedBackward(const Block& block, const int* ids, int d, float scale, const float* dy, float* dtable,
                          float* dpositions, float* scratch) {
  const int row = padded(d);
  for (int t = 0; t < block.tokens; t += kAlign) {
    transpose(dy + t, block.stride, d, kAlign, scratch, row);
    for (int i = 0; i < kAlign && t + i < block.tokens; i++) {
      const float* from = scratch + i * row;
      float* to = dtable + ptrdiff_t(ids[t + i]) * d;
      for (int f = 0; f < d; f++) to[f] += scale * from[f];
      if (dpositions) {
        float* place = dpositions + ptrdiff_t((t + i) % block.sequence) * d;
        for (int f = 0; f < d; f++) place[f] += scale * from[f];
      }
    }
  }
}

}  // namespace tt::TT_ISA
