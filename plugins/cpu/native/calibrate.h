// A short measurement of what one core gives: the products of a small MLP layer, forward and backward.
#pragma once
#include <chrono>

#include "memory.h"
#include "kernels.h"

namespace tt {

/// FLOP/s of matrix products with GELU between them, best of the rounds that fit into `seconds`.
inline double calibrate(const Kernels& k, double seconds) {
  using Clock = std::chrono::steady_clock;
  constexpr int d = 64, f = 256, tokens = 128;
  const Block block{tokens, tokens, tokens + 16, tokens};
  Floats x(d * block.stride), h(f * block.stride), w(d * f), dw(d * f), scratch(size_t(linearScratch(block, f)));
  double best = 0;
  for (const auto start = Clock::now(); std::chrono::duration<double>(Clock::now() - start).count() < seconds;) {
    const auto before = Clock::now();
    for (int i = 0; i < 4; i++) {
      k.linear(block, d, f, 1, x.data(), w.data(), nullptr, nullptr, h.data());
      k.gelu(block, f, h.data(), h.data());
      k.linearBackward(block, d, f, 1, h.data(), x.data(), w.data(), x.data(), false, dw.data(), nullptr, scratch.data());
    }
    const double time = std::chrono::duration<double>(Clock::now() - before).count();
    const double rate = 4 * 6.0 * d * f * tokens / time;
    if (rate > best) best = rate;
  }
  return best;
}

}  // namespace tt
