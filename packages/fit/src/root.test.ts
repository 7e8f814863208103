import { expect, it } from "vitest"
import { rootOf } from "./root.ts"

/** The root, and how often the function was asked. */
const solve = (f: (x: number) => number, from: number, to: number) => {
  let calls = 0
  const root = rootOf(
    (x) => {
      calls++
      return f(x)
    },
    from,
    to,
  )
  return { root, calls }
}

it("finds roots with closed forms to the last digits, in few steps", () => {
  const cases: ReadonlyArray<readonly [f: (x: number) => number, from: number, to: number, root: number]> = [
    [(x) => x ** 3 - 2, 0, 2, Math.cbrt(2)],
    [(x) => Math.exp(x) - 10, -5, 5, Math.log(10)],
    [(x) => Math.atan(x - 1), -3, 40, 1],
    [(x) => 2 * x - 3, 0, 7, 1.5],
    [(x) => -Math.cos(x), 0, 3, Math.PI / 2],
  ]
  for (const [f, from, to, root] of cases) {
    const found = solve(f, from, to)
    expect(Math.abs(found.root / root - 1)).toBeLessThan(1e-14)
    expect(found.calls).toBeLessThan(25)
  }
})

it("finds a root beside a place where the function is flat", () => {
  const found = solve((x) => (x - 1) ** 3 - 1e-6, 1, 2)
  expect(Math.abs(found.root - 1.01)).toBeLessThan(1e-10)
})

it("stops where a step is the root, and at an end that is one", () => {
  expect(solve((x) => x - 3, 0, 4)).toEqual({ root: 3, calls: 3 })
  expect(rootOf((x) => x - 4, 0, 4)).toBe(4)
  expect(rootOf((x) => x, 0, 4)).toBe(0)
})
