/**
 * Monotone cubic interpolation (Fritsch and Carlson 1980, slopes of Fritsch and Butland 1984) through a non-decreasing
 * sequence: between two knots the value stays between theirs.
 *
 * @param x ascending
 * @param y non-decreasing
 */
export const monotone = (x: ReadonlyArray<number>, y: ReadonlyArray<number>): ((at: number) => number) => {
  const n = x.length
  const d = x.map((_, i) => slopeAt(x, y, i))
  return (at) => {
    let i = 0
    while (i < n - 2 && at > x[i + 1]) i++
    if (n === 1 || at <= x[0]) return y[0]
    if (at >= x[n - 1]) return y[n - 1]
    const h = x[i + 1] - x[i]
    const t = (at - x[i]) / h
    const s = 1 - t
    return y[i] * (1 + 2 * t) * s * s + h * d[i] * t * s * s + y[i + 1] * (3 - 2 * t) * t * t - h * d[i + 1] * t * t * s
  }
}

/** Slope of the interpolation at knot i. */
const slopeAt = (x: ReadonlyArray<number>, y: ReadonlyArray<number>, i: number): number => {
  const n = x.length
  const h = (k: number) => x[k + 1] - x[k]
  const slope = (k: number) => (y[k + 1] - y[k]) / h(k)
  if (n < 3) return n < 2 ? 0 : slope(0)
  if (i === 0) return endSlope(h(0), h(1), slope(0), slope(1))
  if (i === n - 1) return endSlope(h(n - 2), h(n - 3), slope(n - 2), slope(n - 3))
  const [left, right] = [slope(i - 1), slope(i)]
  if (left <= 0 || right <= 0) return 0
  const w1 = 2 * h(i) + h(i - 1)
  const w2 = h(i) + 2 * h(i - 1)
  return (w1 + w2) / (w1 / left + w2 / right)
}

/** Three-point slope at an end, kept from overshooting. */
const endSlope = (near: number, far: number, first: number, second: number): number => {
  const slope = ((2 * near + far) * first - near * second) / (near + far)
  if (slope <= 0 || first <= 0) return 0
  return Math.min(slope, 3 * first)
}
