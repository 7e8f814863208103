import { MupError } from "./MupError.ts"

/**
 * P(|X| <= t) for Student's t with a whole number of degrees of freedom: the finite trigonometric series of
 * Abramowitz and Stegun 26.7.3 (odd) and 26.7.4 (even).
 */
export const studentTWithin = (t: number, degrees: number): number => {
  const theta = Math.atan(t / Math.sqrt(degrees))
  const cos2 = Math.cos(theta) ** 2
  const odd = degrees % 2 === 1
  let term = odd ? Math.cos(theta) : 1
  let sum = degrees === 1 ? 0 : term
  for (let k = odd ? 3 : 2; k <= degrees - 2; k += 2) {
    term *= (cos2 * (k - 1)) / k
    sum += term
  }
  const series = Math.sin(theta) * sum
  return odd ? (2 / Math.PI) * (theta + series) : series
}

/** The t with P(|X| <= t) = confidence: half-width, in standard errors, of a two-sided interval. */
export const studentTQuantile = (confidence: number, degrees: number): number => {
  if (!(confidence > 0 && confidence < 1)) {
    throw new MupError("confidence", confidence, "is not between 0 and 1", "give a probability such as 0.95")
  }
  if (!Number.isSafeInteger(degrees) || degrees < 1) {
    throw new MupError("degrees", degrees, "is not a positive integer", "give more observations than fitted parameters")
  }
  let low = 0
  let high = 1
  while (studentTWithin(high, degrees) < confidence) {
    low = high
    high *= 2
  }
  // Bisection to the last bit: the function is monotone, and nothing here is hot.
  for (;;) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) return middle
    if (studentTWithin(middle, degrees) < confidence) low = middle
    else high = middle
  }
}
