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
          3.3871328727963665,
          133.14166789178438,
          1971.5909503065513,
          13731.69376550946,
          45921.95393154987,
          67265.7709270087,
          33430.57558358813,
          2509.0809287301227,
        )) /
      horner(
        r,
        1,
        42.31333070160091,
        687.1870074920579,
        5394.196021424751,
        21213.794301586597,
        39307.89580009271,
        28729.085735721943,
        5226.495278852854,
      )
    )
  }
  const tail = Math.sqrt(-Math.log(q < 0 ? p : 1 - p))
  const r = tail <= 5 ? tail - 1.6 : tail - 5
  const x =
    tail <= 5
      ? horner(
          r,
          1.4234371107496835,
          4.630337846156546,
          5.769497221460691,
          3.6478483247632045,
          1.2704582524523684,
          0.2417807251774506,
          0.022723844989269184,
          0.0007745450142783414,
        ) /
        horner(
          r,
          1,
          2.053191626637759,
          1.6763848301838038,
          0.6897673349851,
          0.14810397642748008,
          0.015198666563616457,
          0.0005475938084995345,
          1.0507500716444169e-9,
        )
      : horner(
          r,
          6.657904643501103,
          5.463784911164114,
          1.7848265399172913,
          0.29656057182850487,
          0.026532189526576124,
          0.0012426609473880784,
          2.7115555687434876e-5,
          2.0103343992922881e-7,
        ) /
        horner(
          r,
          1,
          0.599832206555888,
          0.1369298809227358,
          0.014875361290850615,
          0.0007868691311456133,
          1.8463183175100548e-5,
          1.421511758316446e-7,
          2.0442631033899397e-15,
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
export const chiSquareQuantile = (p: number, degrees: number): number => {
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
