import { random, sequence } from "@ts/random"
import { expect, it } from "vitest"
import { leastSquares, quadraticForm } from "./least-squares.ts"

it("fits the straight line of the closed form, with its covariance", () => {
  const x = [0, 1, 2, 3, 4]
  const y = [1.1, 2.9, 5.2, 7.1, 8.8]
  const fit = leastSquares(
    x.flatMap((v) => [1, v]),
    y,
    x.map(() => 1),
    2,
  )
  const slope = x.reduce((sum, v, i) => sum + (v - 2) * (y[i] - 5.02), 0) / 10
  expect(fit?.coefficients[1]).toBeCloseTo(slope, 12)
  expect(fit?.coefficients[0]).toBeCloseTo(5.02 - 2 * slope, 12)
  expect(fit?.inverse[3]).toBeCloseTo(1 / 10, 12)
  expect(fit?.inverse[0]).toBeCloseTo(1 / 5 + 4 / 10, 12)
  expect(fit?.degrees).toBe(3)
  const residual = x.reduce((sum, v, i) => sum + (y[i] - 5.02 - slope * (v - 2)) ** 2, 0)
  expect(fit?.residual).toBeCloseTo(residual, 12)
})

it("satisfies the normal equations with weights", () => {
  const draws = sequence(random(3, "normal equations"))
  const n = 12
  const x = Array.from({ length: n }, () => [1, draws.normal(), draws.normal()]).flat()
  const y = Array.from({ length: n }, () => draws.normal())
  const w = Array.from({ length: n }, () => 0.1 + draws.next())
  const fit = leastSquares(x, y, w, 3)
  for (let j = 0; j < 3; j++) {
    let dot = 0
    for (let i = 0; i < n; i++) {
      let off = y[i]
      for (let k = 0; k < 3; k++) off -= x[i * 3 + k] * (fit?.coefficients[k] ?? NaN)
      dot += w[i] * x[i * 3 + j] * off
    }
    expect(dot).toBeCloseTo(0, 12)
  }
})

it("refuses dependent columns and too few data", () => {
  expect(leastSquares([1, 2, 1, 2, 1, 2], [1, 2, 3], [1, 1, 1], 2)).toBeUndefined()
  expect(leastSquares([1, 2], [1], [1], 2)).toBeUndefined()
})

it("evaluates a quadratic form", () => {
  expect(quadraticForm([2, 1, 1, 3], [1, -2])).toBe(2 - 4 + 12)
})
