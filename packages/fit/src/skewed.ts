import type { Parabola } from "./law.ts"

/**
 * The shape of a loss profile about its minimum, z = ln eta - ln eta*:
 *
 *     loss = minimum + curvature * (exp(s z) - 1 - s z) / s^2,        curvature / 2 * z^2 at s = 0
 *
 * One number s, the skew (third over second derivative at the minimum, per unit of ln eta), says how much more a rate too high costs than one too
 * low. Whatever the place of the minimum, the curve is a linear combination of 1, z and exp(s z): with s given, a profile is linear least squares.
 */

/** d/dz of the shape: (exp(s z) - 1) / s. */
export const rise = (z: number, skew: number): number => (skew === 0 ? z : Math.expm1(skew * z) / skew)

/** How the rise follows the skew: d/ds (exp(s z) - 1) / s. */
export const riseBySkew = (z: number, skew: number): number => {
  const u = skew * z
  if (Math.abs(u) < 1e-3) return z * z * (1 / 2 + u * (1 / 3 + u / 8))
  return (z * Math.exp(u) - Math.expm1(u) / skew) / skew
}

/** The shape itself, about z^2 / 2. */
export const shape = (z: number, skew: number): number => {
  const u = skew * z
  // Below, the difference of the terms loses more digits than the series does.
  if (Math.abs(u) < 1e-3) return z * z * (1 / 2 + u * (1 / 6 + u * (1 / 24 + u / 120)))
  return (Math.expm1(u) - u) / (skew * skew)
}

/** How the shape follows the skew: d/ds (exp(s z) - 1 - s z) / s^2. */
export const shapeBySkew = (z: number, skew: number): number => {
  const u = skew * z
  // Below, the difference of the terms loses more digits than the series does.
  if (Math.abs(u) < 0.02) return z ** 3 * (1 / 6 + u * (1 / 12 + u * (1 / 40 + u * (1 / 180 + u / 1008))))
  return (z * rise(z, skew) - 2 * shape(z, skew)) / skew
}

/** Where the derivative takes a value; NaN where it never does. */
export const riseInverse = (value: number, skew: number): number =>
  skew === 0 ? value : 1 + skew * value > 0 ? Math.log1p(skew * value) / skew : NaN

/** The loss of a fitted profile at a rate, nats. */
export const profileLoss = (profile: Parabola, lnEta: number): number =>
  profile.minimum + profile.curvature * shape(lnEta - Math.log(profile.center), profile.skew)
