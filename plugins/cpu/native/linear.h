// A linear layer and its three products. Weights are [out, in] as given; nothing is repacked.
#pragma once
#include "block.h"
#include "gemm.h"
#include "transpose.h"

namespace tt::TT_ISA {

/// y = scale * (W x + bias) + residual, x and y feature by feature.
static void linear(const Block& block, int in, int out, float scale, const float* x, const float* weight,
                   const float* bias, const float* residual, float* y) {
  Product p{weight, in, 1, x, block.stride, y, block.stride, out, block.columns, in};
  p.scale = scale;
  p.bias = bias;
  p.residual = residual;
  multiply(p);
}

/// dweight += scale * dy x^T. The vectors of the product run along `in`, so x is turned, 64 features at a time.
static void weightGradient(const Block& block, int in, int out, float scale, const float* dy, const float* x,
                           float* dweight, float* scratch) {
  float* last = scratch + ptrdiff_t(block.columns) * kTurn;
  for (int i = 0; i < in; i += kTurn) {
    const int features = in - i < kTurn ? in - i : kTurn;
    transpose(x + i * ptrdiff_t(block.stride), block.stride, features, block.tokens, scratch, kTurn);
    Product p{dy, block.stride, 1, scratch, kTurn, dweight + i, in, out, features / L * L, block.tokens};
    p.scale = scale;
    p.accumulate = true;
    multiply(p);
    const int rest = features % L;
    if (rest == 0) continue;
    const int at = features - rest;
    Product q{dy, block.stride, 1, scratch + at, kTurn, last, L, out, L, block.tokens};
    q.scale = scale;
    multiply(q);
    for (int o = 0; o < out; o++)
      for (int f = 0; f < rest; f++) dweight[ptrdiff_t(o) * in + i + at + f] += last[o * L + f];
  }
}

static void linearBackward(const Block& block, int in, int out, float scale, const float* dy, const float* x,
                           const float* weight, float* dx, bool accumulate, float* dweight, float* dbias,
                           float* scratch) {
  if (dbias)
    for (int o = 0; o < out; o++) {
      V total{};
      for (int t = 0; t < block.columns; t += L) total += load(dy + o * ptrdiff_t(block.stride) + t);
      dbias[o] += scale * sum(total);
    }
  if (dweight) weightGradient(block, in, out, scale, dy, x, dweight, scratch);
  if (dx) {
    Product p{weight, 1, in, dy, block.stride, dx, block.stride, in, block.columns, out};
    p.scale = scale;
    p.accumulate = accumulate;
    p.pack = scratch;
    multiply(p);
  }
}

}  // namespace tt::TT_ISA
