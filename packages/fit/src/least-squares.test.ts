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

it("has the inverse of X' W X for three columns, by cofactors", () => {
  const rows = [
    [1, -2, 4.5],
    [1, -1, 0.5],
    [1, 0.5, 0.25],
    [1, 1, 1.5],
    [1, 3, 8],
  ]
  const w = [1, 2, 0.5, 3, 1]
  const fit = leastSquares(rows.flat(), [3, 1, 4, 1, 5], w, 3)
  const g = (j: number, k: number) => rows.reduce((sum, row, i) => sum + w[i] * row[j] * row[k], 0)
  const cofactor = (j: number, k: number) => {
    const [a, b] = [(j + 1) % 3, (j + 2) % 3]
    const [c, d] = [(k + 1) % 3, (k + 2) % 3]
    return g(a, c) * g(b, d) - g(a, d) * g(b, c)
  }
  const determinant = [0, 1, 2].reduce((sum, k) => sum + g(0, k) * cofactor(0, k), 0)
  expect(fit?.inverse).toHaveLength(9)
  for (let j = 0; j < 3; j++)
    for (let k = 0; k < 3; k++) expect(fit?.inverse[j * 3 + k]).toBeCloseTo(cofactor(k, j) / determinant, 12)
  expect(fit?.degrees).toBe(2)
})

it("goes through as many points as there are coefficients, without a residual", () => {
  const fit = leastSquares([1, 1, 1, 1, 2, 4, 1, 3, 9], [6, 11, 18], [1, 1, 1], 3)
  for (const [i, value] of [3, 2, 1].entries()) expect(fit?.coefficients[i]).toBeCloseTo(value, 12)
  expect(fit).toMatchObject({ degrees: 0, residual: 0 })
})

it("keeps its digits where a column lies almost along its first datum, whatever the sign", () => {
  for (const sign of [1, -1]) {
    const fit = leastSquares([sign, 1e-6], [0, 1], [1, 1], 1)
    expect((fit?.coefficients[0] ?? Number.NaN) / (1e-6 / (1 + 1e-12))).toBeCloseTo(1, 12)
    expect(fit?.residual).toBeCloseTo(1 / (1 + 1e-12), 15)
  }
})

it("refuses dependent columns and too few data", () => {
  expect(leastSquares([1, 2, 1, 2, 1, 2], [1, 2, 3], [1, 1, 1], 2)).toBeUndefined()
  expect(leastSquares([1, 2], [1], [1], 2)).toBeUndefined()
  expect(leastSquares([0, 0], [1, 2], [1, 1], 1)).toBeUndefined()
})

it("takes columns for dependent by their relation, not by their size", () => {
  const y = [1, 2, 4, 3]
  const w = [1, 1, 1, 1]
  const columns = (unit: number, bend: number) =>
    [1, 2, 3, 4].flatMap((v, i) => [unit * v, unit * (3 * v + bend * i * i)])
  for (const unit of [1e-15, 1, 1e15]) {
    expect(leastSquares(columns(unit, 0.1), y, w, 2)?.degrees).toBe(2)
    // Three times a column, up to the last digits.
    expect(leastSquares(columns(unit, 1e-16), y, w, 2)).toBeUndefined()
  }
})

it("evaluates a quadratic form", () => {
  expect(quadraticForm([2, 1, 1, 3], [1, -2])).toBe(2 - 4 + 12)
})

it("fits hundreds of data, and remembers nothing of them", () => {
  const n = 400
  const along = Array.from({ length: n }, (_, i) => i - 199.5)
  const y = along.map((v, i) => 3 + 0.5 * v + (i % 2 === 0 ? 1 : -1))
  const ones = along.map(() => 1)
  const columns = along.flatMap((v) => [1, v])
  const large = leastSquares(columns, y, ones, 2)
  const square = (n * (n * n - 1)) / 12
  // The alternation has mean zero, and its product with the line sums to -n / 2.
  expect(large?.coefficients[0]).toBeCloseTo(3, 12)
  expect(large?.coefficients[1]).toBeCloseTo(0.5 - n / 2 / square, 12)
  expect(large?.inverse[3]).toBeCloseTo(1 / square, 18)
  expect(large?.residual).toBeCloseTo(n - (n / 2) ** 2 / square, 8)
  const small = () => leastSquares([1, 0, 1, 1, 1, 3], [1, 2, 5], [1, 1, 1], 2)
  const before = small()
  leastSquares(columns, y, ones, 2)
  expect(small()).toEqual(before)
  expect(before?.coefficients[1]).toBeCloseTo(19 / 14, 12)
  expect(leastSquares([1, 2], [1], [1], 2)).toBeUndefined()
  expect(leastSquares([], [], [], 1)).toBeUndefined()
})
