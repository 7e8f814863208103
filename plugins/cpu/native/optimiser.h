// One pass over memory per tensor. Sizes are padded to 16 by the arena, so there are no tails.
#pragma once
#include "kernels.h"
#include "vec.h"

namespace tt::TT_ISA {

static double squares(const float* x, long n) {
  typedef double Half __attribute__((vector_size(TT_LANES * 4)));  // L/2 doubles
  typedef float Narrow __attribute__((vector_size(TT_LANES * 2), aligned(4), may_alias));
  Half total[4] = {};
  for (long i = 0; i < n; i += kAlign)
    for (int part = 0; part < kAlign; part += L / 2) {
      Half wide = __builtin_convertvector(*reinterpret_cast<const Narrow*>(x + i + part), Half);
      total[part / (L / 2) % 4] += wide * wide;
    }
  Half all = (total[0] + total[1]) + (total[2] + total[3]);
  double s = 0;
  for (int i = 0; i < L / 2; i++) s += all[i];
  return s;
}

static void adamw(const Scaled& s, long n, const float* gradient, float* parameter, float* m, float* v) {
  const V scale = splat(s.gradient), keep = splat(s.keep), step = splat(s.step), beta1 = splat(s.beta1),
          beta2 = splat(s.beta2), rest1 = splat(s.complement1), rest2 = splat(s.complement2),
          root = splat(s.rootCorrection2), eps = splat(s.eps);
  for (long i = 0; i < n; i += L) {
    V g = load(gradient + i) * scale;
    V first = fma(beta1, load(m + i), rest1 * g);
    V second = fma(beta2, load(v + i), rest2 * g * g);
    store(m + i, first);
    store(v + i, second);
    V change = step * first / fma(sqrt(second), root, eps);
    store(parameter + i, load(parameter + i) * keep - change);
  }
}

static void sgd(const Scaled& s, long n, const float* gradient, float* parameter, float* momentum) {
  const V scale = splat(s.gradient), keep = splat(s.keep), step = splat(s.step), beta = splat(s.beta1);
  for (long i = 0; i < n; i += L) {
    V buffer = fma(beta, load(momentum + i), load(gradient + i) * scale);
    store(momentum + i, buffer);
    store(parameter + i, load(parameter + i) * keep - step * buffer);
  }
}

static void signum(const Scaled& s, long n, const float* gradient, float* parameter, float* momentum) {
  const V scale = splat(s.gradient), keep = splat(s.keep), step = splat(s.step), beta = splat(s.beta1),
          rest = splat(s.complement1);
  for (long i = 0; i < n; i += L) {
    V buffer = fma(beta, load(momentum + i), rest * (load(gradient + i) * scale));
    store(momentum + i, buffer);
    V sign = buffer > V{} ? splat(1.f) : buffer < V{} ? splat(-1.f) : buffer;  // NaN stays NaN
    store(parameter + i, load(parameter + i) * keep - step * sign);
  }
}

static void average(float decay, float complement, long n, const float* parameter, float* average) {
  const V keep = splat(decay), rest = splat(complement);
  for (long i = 0; i < n; i += L) store(average + i, fma(keep, load(average + i), rest * load(parameter + i)));
}

/// A bias-corrected average, ready to stand in for the parameter.
static void correct(double correction, long n, const float* average, float* parameter) {
  for (long i = 0; i < n; i++) parameter[i] = float(double(average[i]) * correction);
}

}  // namespace tt::TT_ISA
