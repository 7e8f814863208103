/** Quantiles of the normal and Student's t distribution, for intervals. */

const horner = (x: number, ...coefficients: ReadonlyArray<number>): number => {
  let sum = 0
  for (let i = coefficients.length - 1; i >= 0; i--) sum = sum * x + coefficients[i]
  return sum
}

/** Quantile of the standard normal distribution to full double precision (Wichura 1988, algorithm AS 241). */
export const normalQuantile = (p: number): number => {
  if (!(p > 0 && p < 1)) return p === 0 ? -Infinity : p === 1 ? Infinity : NaN
  const q = p - 0.5
  if (Math.abs(q) <= 0.425) {
    const r = 0.180625 - q * q
    return (
      (q *
        horner(
          r,
          3.387132872796366608,
          133.14166789178437745,
          1971.5909503065514427,
          13731.693765509461125,
          45921.953931549871457,
          67265.770927008700853,
          33430.575583588128105,
          2509.0809287301226727,
        )) /
      horner(
        r,
        1,
        42.313330701600911252,
        687.1870074920579083,
        5394.1960214247511077,
        21213.794301586595867,
        39307.89580009271061,
        28729.085735721942674,
        5226.495278852854561,
      )
    )
  }
  const tail = Math.sqrt(-Math.log(q < 0 ? p : 1 - p))
  const r = tail <= 5 ? tail - 1.6 : tail - 5
  const x =
    tail <= 5
      ? horner(
          r,
          1.42343711074968357734,
          4.6303378461565452959,
          5.7694972214606914055,
          3.64784832476320460504,
          1.27045825245236838258,
          0.24178072517745061177,
          0.0227238449892691845833,
          7.7454501427834140764e-4,
        ) /
        horner(
          r,
          1,
          2.05319162663775882187,
          1.6763848301838038494,
          0.68976733498510000455,
          0.14810397642748007459,
          0.0151986665636164571966,
          5.475938084995344946e-4,
          1.05075007164441684324e-9,
        )
      : horner(
          r,
          6.6579046435011037772,
          5.4637849111641143699,
          1.7848265399172913358,
          0.29656057182850489123,
          0.026532189526576123093,
          0.0012426609473880784386,
          2.71155556874348757815e-5,
          2.01033439929228813265e-7,
        ) /
        horner(
          r,
          1,
          0.59983220655588793769,
          0.13692988092273580531,
          0.0148753612908506148525,
          7.868691311456132591e-4,
          1.8463183175100546818e-5,
          1.4215117583164458887e-7,
          2.04426310338993978564e-15,
        )
  return q < 0 ? -x : x
}

const lnGamma = (x: number): number => {
  // Stirling's series after shifting the argument above 10.
  let shift = 0
  while (x < 10) shift += Math.log(x++)
  const r = 1 / (x * x)
  const series = horner(r, 1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188) / x
  return (x - 0.5) * Math.log(x) - x + 0.5 * Math.log(2 * Math.PI) + series - shift
}

/** Regularised incomplete beta function by its continued fraction (modified Lentz). */
const incompleteBeta = (x: number, a: number, b: number): number => {
  if (x <= 0) return 0
  if (x >= 1) return 1
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a)
  const front = Math.exp(a * Math.log(x) + b * Math.log1p(-x) + lnGamma(a + b) - lnGamma(a) - lnGamma(b)) / a
  const tiny = 1e-300
  let c = 1
  let d = 1 - ((a + b) * x) / (a + 1)
  d = 1 / (Math.abs(d) < tiny ? tiny : d)
  let value = d
  for (let m = 1; m < 1000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m))
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1))
    let step = 1
    for (const term of [even, odd]) {
      d = 1 + term * d
      c = 1 + term / c
      d = 1 / (Math.abs(d) < tiny ? tiny : d)
      if (Math.abs(c) < tiny) c = tiny
      step = c * d
      value *= step
    }
    if (Math.abs(step - 1) < 1e-15) break
  }
  return front * value
}

/** Distribution function of Student's t. */
export const studentProbability = (t: number, degrees: number): number => {
  const half = 0.5 * incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5)
  return t > 0 ? 1 - half : half
}

const cache = new Map<string, number>()

/** Quantile of Student's t; infinitely many degrees of freedom give the normal one. */
export const studentQuantile = (p: number, degrees: number): number => {
  if (!Number.isFinite(degrees) || degrees > 1e6) return normalQuantile(p)
  if (!(degrees > 0)) return NaN
  if (p < 0.5) return -studentQuantile(1 - p, degrees)
  const key = `${p} ${degrees}`
  const known = cache.get(key)
  if (known !== undefined) return known
  let high = 1
  while (studentProbability(high, degrees) < p) high *= 2
  let low = 0
  for (let i = 0; i < 200 && high - low > 1e-14 * high; i++) {
    const middle = 0.5 * (low + high)
    if (studentProbability(middle, degrees) < p) low = middle
    else high = middle
  }
  const value = 0.5 * (low + high)
  if (cache.size < 1000) cache.set(key, value)
  return value
}

/** Half-width in standard errors of a two-sided interval of the given coverage. */
export const twoSided = (level: number, degrees: number): number => studentQuantile(0.5 + level / 2, degrees)

/** Quantile of chi-squared to about one per cent (Wilson and Hilferty 1931): good enough for a threshold. */
const chiSquareQuantile = (p: number, degrees: number): number => {
  const v = 2 / (9 * degrees)
  return degrees * (1 - v + normalQuantile(p) * Math.sqrt(v)) ** 3
}

/** By how much data scatter about a fit, and which distribution its errors follow. */
export interface Scatter {
  /** Factor on the variances. */
  readonly scale: number
  readonly degrees: number
}

/**
 * Known errors are believed until the scatter contradicts them at the 10 % level; then the scatter scales them, with
 * Student's t in place of the normal. Without known errors the scatter is all there is.
 *
 * @param residual sum of squares, weighted by the known errors where `weighted`
 * @param errorDegrees degrees of freedom behind the known errors themselves
 */
export const scatterOf = (residual: number, degrees: number, weighted: boolean, errorDegrees = Infinity): Scatter =>
  weighted && residual <= chiSquareQuantile(0.9, degrees)
    ? { scale: 1, degrees: errorDegrees }
    : { scale: residual / degrees, degrees }
