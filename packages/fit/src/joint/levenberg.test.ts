import { expect, it } from "vitest"
import { levenberg } from "./levenberg.ts"

it("solves a straight line as the normal equations do", () => {
  const x = [0, 1, 2, 3, 5]
  const y = [1.1, 2.9, 5.2, 6.8, 11.1]
  const found = levenberg(
    (p, out) => {
      x.forEach((v, i) => {
        out[i] = y[i] - p[0] - p[1] * v
      })
    },
    5,
    [10, -3],
  )
  // Sums: n = 5, Sx = 11, Sxx = 39, Sy = 27.1, Sxy = 89.2; determinant 5 * 39 - 121 = 74.
  expect(found.parameters[1]).toBeCloseTo((5 * 89.2 - 11 * 27.1) / 74, 9)
  expect(found.parameters[0]).toBeCloseTo((39 * 27.1 - 11 * 89.2) / 74, 9)
  expect(found.covariance?.[0]).toBeCloseTo(39 / 74, 6)
  expect(found.covariance?.[1]).toBeCloseTo(-11 / 74, 6)
  expect(found.covariance?.[3]).toBeCloseTo(5 / 74, 6)
})

it("follows a curved valley to its end (Rosenbrock)", () => {
  const found = levenberg(
    (p, out) => {
      out[0] = 10 * (p[1] - p[0] ** 2)
      out[1] = 1 - p[0]
    },
    2,
    [-1.2, 1],
  )
  expect(found.parameters[0]).toBeCloseTo(1, 6)
  expect(found.parameters[1]).toBeCloseTo(1, 6)
  expect(found.misfit).toBeLessThan(1e-12)
})

it("has no covariance where parameters do not tell apart, or one does nothing", () => {
  const sum = levenberg((p, out) => out.fill(p[0] + p[1] - 1), 3, [0, 0])
  expect(sum.covariance).toBeUndefined()
  expect(sum.misfit).toBeLessThan(1e-12)
  expect(levenberg((p, out) => out.fill(p[0] - 1), 3, [0, 5]).covariance).toBeUndefined()
})
