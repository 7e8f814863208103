/**
 * The error function in float64, within 4 units in the last place.
 *
 * Between nodes 1/8 apart it is its own Taylor series, whose coefficients follow from those of
 * `g = exp(-x^2)`: `g' = -2 x g` gives `(n + 1) g[n+1] = -2 (a g[n] + g[n-1])` at the node `a`.
 * At the nodes it is the series of positive terms
 * `erf a = 2 / sqrt(pi) exp(-a^2) sum_n 2^n a^(2n+1) / (1 3 ... (2n+1))` (Abramowitz & Stegun
 * 7.1.6), and from 2 on the continued fraction of 1 - erf (7.1.14), whose own error no longer counts.
 */
const perUnit = 8
/** Beyond this, 1 - erf is below half a unit in the last place of 1. */
const end = 6
const terms = 14

const atNode = (a: number): number => {
  if (a >= 2) {
    let fraction = a
    for (let n = 60; n >= 1; n--) fraction = a + n / 2 / fraction
    return 1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * fraction)
  }
  let term = a
  let sum = a
  for (let n = 1; term > sum * 1e-18; n++) {
    term *= (2 * a * a) / (2 * n + 1)
    sum += term
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-a * a) * sum
}

/** `terms` coefficients per node: those of x^0, x^1, ... around it. */
const series = (() => {
  const nodes = end * perUnit + 1
  const coefficients = new Float64Array(nodes * terms)
  for (let node = 0; node < nodes; node++) {
    const a = node / perUnit
    let before = 0
    let g = Math.exp(-a * a)
    coefficients[node * terms] = atNode(a)
    for (let n = 0; n < terms - 1; n++) {
      coefficients[node * terms + n + 1] = ((2 / Math.sqrt(Math.PI)) * g) / (n + 1)
      const next = (-2 * (a * g + before)) / (n + 1)
      before = g
      g = next
    }
  }
  return coefficients
})()

/** erf x = 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x. */
export const erf = (x: number): number => {
  const size = Math.abs(x)
  if (!(size < end)) return Number.isNaN(x) ? x : Math.sign(x)
  const node = Math.round(size * perUnit)
  const h = size - node / perUnit
  const base = node * terms
  let value = series[base + terms - 1]
  for (let n = terms - 2; n >= 0; n--) value = value * h + series[base + n]
  return x < 0 ? -value : value
}
