import { random, sequence } from "@ts/random"
import { expect, it } from "vitest"
import { octaves } from "../test/simulate.ts"
import { profileMinimum } from "./profile.ts"
import { type Estimate, isEstimate, notIdentified } from "./result.ts"
import { relativeSensitivity, sensitivity } from "./sensitivity.ts"

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

it("has an interval that covers the truth, from a known noise", () => {
  const draws = sequence(random(9, "sensitivity"))
  const noise = 0.004
  const truth = (0.06 * Math.LN2 ** 2) / 3
  const studies = 400
  let covered = 0
  const found: Array<number> = []
  let error = 0
  for (let study = 0; study < studies; study++) {
    const points = octaves(-11, -5, 0.5).map((eta) => ({
      eta,
      loss: 2 + 0.03 * (Math.log(eta) + 8 * Math.LN2) ** 2 + noise * draws.normal(),
    }))
    const profile = profileMinimum(points, { noise })
    const s = sensitivity(profile.parabola, profile.eta, profile.curvature, points) as Estimate
    if (s.interval!.low < truth && truth < s.interval!.high) covered++
    found.push(s.value)
    error += (s.standardError as number) / studies
  }
  // 90 % intervals, less three standard errors; on a half-octave grid the curvature's error is a little more than that of s.
  expect(covered / studies).toBeGreaterThan(0.855)
  const scatter = Math.sqrt(found.reduce((sum, x) => sum + (x - truth) ** 2, 0) / studies)
  expect(error / scatter).toBeGreaterThan(0.85)
  expect(error / scatter).toBeLessThan(1.4)
})

it("is relative to the loss at the optimum", () => {
  const { found, at } = measure(octaves(-11, -5), (z) => 2 + 0.03 * z * z)
  const absolute = at(1) as Estimate
  const relative = relativeSensitivity(absolute, found.loss) as Estimate
  expect(relative.value).toBeCloseTo(absolute.value / 2, 10)
  expect(relative.standardError).toBeCloseTo((absolute.standardError as number) / 2, 10)
  expect(relative.interval?.high).toBeCloseTo((absolute.interval?.high ?? 0) / 2, 10)
  const why = notIdentified("edge-low", "", 3)
  expect(relativeSensitivity(why, found.loss)).toBe(why)
  expect(relativeSensitivity(absolute, why)).toMatchObject({ reason: "depends" })
})
