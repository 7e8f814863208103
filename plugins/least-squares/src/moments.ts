/**
 * Second moments of stochastic gradient descent and of its averages, mode by mode, exactly.
 *
 * With step gamma and batch B, mode i (probability p) is hit c ~ Binomial(B, p) times and its error moves as
 * e' = (1 - gamma c / B) e + (gamma / B) sigma sqrt(c) xi. Hence, with r = 1 - gamma p,
 *
 *     E e'^2 = q E e^2 + u,   q = 1 - 2 gamma p + gamma^2 (p^2 (1 - 1/B) + p / B),   u = gamma^2 sigma^2 p / B,
 *     E[e' x] = r E[e x]      for anything x known before the step.
 *
 * A running sum s' = keep s + add e' (equal weights: keep = add = 1; exponential: keep = decay, add = 1 - decay) follows
 * linearly, so k equal steps are one affine map to the k-th power, found by repeated squaring. Factors near one are kept as their distance from
 * one, c = 1 - q, which squares to c (2 - c): q itself would carry its rounding, 1e-16, into q^k as k 1e-16.
 */

/** Equal steps in a row. */
export interface Segment {
  readonly steps: number
  /** Step size. */
  readonly gamma: number
  /** Samples in a batch. */
  readonly batch: number
}

/** A running sum of one mode set: its recurrence, E[e s] and E s^2 per mode. */
export interface Sum {
  readonly keep: number
  readonly add: number
  readonly es: Float64Array
  readonly ss: Float64Array
}

/** E e^2 after `steps` equal steps: ee' = (1 - c) ee + u. */
const power = (steps: number, c: number, u: number, ee: number): number => {
  let n = steps
  while (n > 1) {
    if (n % 2 === 1) ee += u - c * ee
    n = Math.floor(n / 2)
    u *= 2 - c
    c *= 2 - c
  }
  return ee + (u - c * ee)
}

/** What `powerWithSum` starts from and leaves: E e^2, E[e s], E s^2. */
const moved = new Float64Array(3)

/**
 * The same with a sum: ee' = (1 - c) ee + u;  es' = keep r es + add ee';  ss' = keep^2 ss + 2 keep add r es + add^2 ee'. In all, a map
 * (ee, es, ss) -> (ee - c ee + u, m10 ee + es - d es + k1, m20 ee + m21 es + ss - f ss + k2).
 */
const powerWithSum = (steps: number, c: number, u: number, gp: number, keep: number, add: number): void => {
  let ee = moved[0]!
  let es = moved[1]!
  let ss = moved[2]!
  let m10 = add * (1 - c)
  let m20 = add * m10
  let m21 = 2 * keep * add * (1 - gp)
  let d = 1 - keep + keep * gp
  let f = (1 - keep) * (1 + keep)
  let k1 = add * u
  let k2 = add * k1
  let n = steps
  while (n > 1) {
    if (n % 2 === 1) {
      ss += m20 * ee + m21 * es + k2 - f * ss
      es += m10 * ee + k1 - d * es
      ee += u - c * ee
    }
    n = Math.floor(n / 2)
    // The map after itself: offsets first, since they use the old matrix.
    k2 = m20 * u + m21 * k1 + k2 * (2 - f)
    k1 = m10 * u + k1 * (2 - d)
    u *= 2 - c
    m20 = m20 * (2 - c - f) + m21 * m10
    m21 *= 2 - d - f
    m10 *= 2 - c - d
    f *= 2 - f
    d *= 2 - d
    c *= 2 - c
  }
  moved[2] = ss + (m20 * ee + m21 * es + k2 - f * ss)
  moved[1] = es + (m10 * ee + k1 - d * es)
  moved[0] = ee + (u - c * ee)
}

/**
 * Takes the segments' steps: changes `ee` and the sums in place. What is read of one sum does not depend on which others there are, to the last
 * bit.
 *
 * @param probability lambda of each mode
 * @param sigma standard deviation of the label noise
 */
export const advance = (
  probability: Float64Array,
  sigma: number,
  ee: Float64Array,
  sums: ReadonlyArray<Sum>,
  segments: ReadonlyArray<Segment>,
): void => {
  // c = gp (2 - gp (1 - 1/B)) - gp gamma / B and u = gp gamma sigma^2 / B, with gp = gamma p.
  const steps = Float64Array.from(segments, (segment) => segment.steps)
  const gamma = Float64Array.from(segments, (segment) => segment.gamma)
  const still = Float64Array.from(segments, ({ batch }) => 1 - 1 / batch)
  const each = Float64Array.from(segments, (segment) => segment.gamma / segment.batch)
  const noise = sigma * sigma
  for (let i = 0; i < probability.length; i++) {
    const p = probability[i]!
    for (const { keep, add, es, ss } of sums) {
      moved[0] = ee[i]!
      moved[1] = es[i]!
      moved[2] = ss[i]!
      for (let k = 0; k < steps.length; k++) {
        const gp = gamma[k]! * p
        powerWithSum(steps[k]!, gp * (2 - gp * still[k]! - each[k]!), gp * each[k]! * noise, gp, keep, add)
      }
      es[i] = moved[1]!
      ss[i] = moved[2]!
    }
    let e = ee[i]!
    for (let k = 0; k < steps.length; k++) {
      const gp = gamma[k]! * p
      e = power(steps[k]!, gp * (2 - gp * still[k]! - each[k]!), gp * each[k]! * noise, e)
    }
    ee[i] = e
  }
}
