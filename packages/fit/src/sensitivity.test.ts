import { expect, it } from "vitest"
import { octaves } from "../test/simulate.ts"
import { profileMinimum } from "./profile.ts"
import { isEstimate } from "./result.ts"
import { sensitivity } from "./sensitivity.ts"

const measure = (etas: ReadonlyArray<number>, loss: (z: number) => number) => {
  const points = etas.map((eta) => ({ eta, loss: loss(Math.log(eta) + 8 * Math.LN2) }))
  const found = profileMinimum(points, { noise: 0.001 })
  return { found, points, at: (k: number) => sensitivity(found.parabola, found.eta, found.curvature, points, k) }
}

it("is the mean excess over whole octaves, in closed form for a parabola", () => {
  const { at } = measure(octaves(-11, -5), (z) => 2 + 0.03 * z * z)
  const one = at(1)
  expect(isEstimate(one) && one.value).toBeCloseTo((2 * 0.03 * Math.LN2 ** 2) / 3, 10)
  const two = at(2)
  expect(isEstimate(two) && two.value).toBeCloseTo((2 * (1 + 4) * 0.03 * Math.LN2 ** 2) / 5, 10)
})

it("follows the measured losses where the profile leaves its parabola", () => {
  const { at } = measure(octaves(-11, -5), (z) => 2 + 0.03 * z * z + (z > 1 ? 0.5 : 0))
  const plain = (10 * 0.03 * Math.LN2 ** 2) / 5
  const two = at(2)
  expect(isEstimate(two) && two.value).toBeCloseTo(plain + 0.5 / 5, 6)
})

it("is not identified beyond the sound rates or without an optimum", () => {
  const { at, points } = measure(octaves(-9, -7), (z) => 2 + 0.03 * z * z)
  expect(isEstimate(at(1))).toBe(true)
  expect(at(2)).toMatchObject({ reason: "edge-low" })
  const edge = profileMinimum(points.slice(0, 2))
  expect(sensitivity(edge.parabola, edge.eta, edge.curvature, points)).toMatchObject({ reason: "depends" })
})
