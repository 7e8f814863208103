// exp, log and the Gaussian tail over a vector, each to about 1e-7.
#pragma once
#include "vec.h"

namespace tt::TT_ISA {

/// exp(x) for x <= 88; 0 below -87.
inline V exp(V x) {
  const V top = splat(88.3f), bottom = splat(-87.3f), magic = splat(12582912.f);  // 1.5 * 2^23: rounds to an integer
  V clamped = min(max(x, bottom), top);
  V shifted = fma(clamped, splat(1.44269504f), magic);
  V n = shifted - magic;
  V r = fma(n, splat(-0.693359375f), clamped);  // ln 2 in two parts (Cody and Waite)
  r = fma(n, splat(2.12194440e-4f), r);
  // Taylor to r^7 on |r| <= ln(2)/2; the first term left out is below 6e-9.
  V p = splat(1.f / 5040);
  p = fma(p, r, splat(1.f / 720));
  p = fma(p, r, splat(1.f / 120));
  p = fma(p, r, splat(1.f / 24));
  p = fma(p, r, splat(1.f / 6));
  p = fma(p, r, splat(0.5f));
  p = fma(p, r, splat(1.f));
  p = fma(p, r, splat(1.f));
  VI power = (bits(shifted) - bits(magic) + splat(int32_t{127})) << 23;
  V y = p * real(power);
  y = x < bottom ? V{} : y;
  return x == x ? y : x;  // NaN stays NaN: divergence must be seen
}

/// log(x) for normal x > 0.
inline V log(V x) {
  VI b = bits(x);
  VI e = ((b - splat(int32_t{0x3f3504f3})) >> 23);  // so that the mantissa lies in [sqrt(1/2), sqrt 2)
  V m = real(b - (e << 23));
  V s = (m - splat(1.f)) / (m + splat(1.f));
  V z = s * s;
  V p = splat(2.f / 9);  // log m = 2 (s + s^3/3 + s^5/5 + ...), |s| <= 0.172
  p = fma(p, z, splat(2.f / 7));
  p = fma(p, z, splat(2.f / 5));
  p = fma(p, z, splat(2.f / 3));
  V fraction = fma(p * z, s, s + s);
  V n = __builtin_convertvector(e, V);
  V y = fma(n, splat(0.693359375f), fma(n, splat(-2.12194440e-4f), fraction));
  return x == x ? y : x;
}

struct Gaussian {
  V cumulative;  ///< Phi(x)
  V density;     ///< phi(x)
};

/// Phi and phi of the standard normal. Phi(-a) = exp(-a^2/2) h(a), h a polynomial in 1 / (1 + 0.3 a) fitted to
/// erfcx(a / sqrt 2) / 2 on [0, 13.5] with a relative error of 6e-8 (scripts/fit-gaussian.py).
inline Gaussian gaussian(V x) {
  V a = real(bits(x) & splat(int32_t{0x7fffffff}));
  V t = splat(1.f) / fma(a, splat(0.3f), splat(1.f));
  V h = splat(0.03833440666019855f);
  h = fma(h, t, splat(-0.1689526066260481f));
  h = fma(h, t, splat(0.2282185789089745f));
  h = fma(h, t, splat(-0.07600096611759508f));
  h = fma(h, t, splat(0.14218594468665033f));
  h = fma(h, t, splat(0.09483262746588417f));
  h = fma(h, t, splat(0.1218821370952878f));
  h = fma(h, t, splat(0.11949305312492067f));
  h = fma(h, t, splat(6.853478450742737e-06f));
  V e = exp(a * a * splat(-0.5f));
  V tail = e * h;
  return {x > V{} ? splat(1.f) - tail : tail, e * splat(0.3989422804f)};
}

}  // namespace tt::TT_ISA
