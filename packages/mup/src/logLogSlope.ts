import { studentTQuantile } from "./studentT.ts"

/** An exponent with its doubt. */
export interface Slope {
  /** d ln(y) / d ln(x). */
  readonly slope: number
  /** Two-sided confidence interval of the slope (Student's t, points - 2 degrees of freedom). */
  readonly interval: readonly [number, number]
  /** Points fitted. */
  readonly points: number
}

/** Least-squares slope of ln(y) against ln(x), for at least three points and two distinct x. `y` is given as logarithms. */
export const logLogSlope = (
  points: readonly { readonly x: number; readonly lnY: number }[],
  confidence: number,
): Slope => {
  const n = points.length
  const lnX = points.map((p) => Math.log(p.x))
  const meanX = lnX.reduce((a, b) => a + b, 0) / n
  const meanY = points.reduce((a, p) => a + p.lnY, 0) / n
  let xx = 0
  let xy = 0
  points.forEach((p, i) => {
    xx += (lnX[i]! - meanX) ** 2
    xy += (lnX[i]! - meanX) * (p.lnY - meanY)
  })
  const slope = xy / xx
  let rest = 0
  points.forEach((p, i) => {
    rest += (p.lnY - meanY - slope * (lnX[i]! - meanX)) ** 2
  })
  const half = studentTQuantile(confidence, n - 2) * Math.sqrt(rest / (n - 2) / xx)
  return { slope, interval: [slope - half, slope + half], points: n }
}
