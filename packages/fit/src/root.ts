/** More steps than a bracket of doubles can be halved. */
const mostSteps = 100

/**
 * Root of an increasing function between two places where its signs differ, to the last digits: false position, halving the weight of an
 * end that stays (the Illinois method, Dowell and Jarratt 1971).
 */
export const rootOf = (f: (x: number) => number, from: number, to: number): number => {
  let [low, high] = [from, to]
  let [atLow, atHigh] = [f(low), f(high)]
  let x = Number.NaN
  for (let i = 0; i < mostSteps; i++) {
    const next = low - (atLow * (high - low)) / (atHigh - atLow)
    const value = f(next)
    if (value === 0 || Math.abs(next - x) <= 1e-15 * Math.abs(next)) return next
    if (value < 0) {
      // Twice in a row on this side: the other end counts half.
      if (x === low) atHigh /= 2
      low = next
      atLow = value
    } else {
      if (x === high) atLow /= 2
      high = next
      atHigh = value
    }
    x = next
  }
  return x
}
