/** Place of the minimum of a function that falls and then rises between two ends, by golden section (Kiefer 1953). */
export const goldenSection = (f: (x: number) => number, from: number, to: number, tolerance: number): number => {
  const ratio = (Math.sqrt(5) - 1) / 2
  let [low, high] = [from, to]
  let left = high - ratio * (high - low)
  let right = low + ratio * (high - low)
  let atLeft = f(left)
  let atRight = f(right)
  for (let i = 0; i < 80 && high - low > tolerance; i++) {
    if (atLeft < atRight) {
      high = right
      right = left
      atRight = atLeft
      left = high - ratio * (high - low)
      atLeft = f(left)
    } else {
      low = left
      left = right
      atLeft = atRight
      right = low + ratio * (high - low)
      atRight = f(right)
    }
  }
  return 0.5 * (low + high)
}
