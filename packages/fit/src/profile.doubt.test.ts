import { describe, expect, it } from "vitest"
import { estimate, halves, rises, rough } from "../test/profiles.ts"
import { octaves } from "../test/simulate.ts"
import { profileMinimum } from "./profile.ts"

describe("the numbers and their doubt", () => {
  it("come as rate, loss and curvature with intervals on their own scales", () => {
    for (const [options, quantile] of [
      [{ noise: 0.004 }, 1.6448536269514722],
      // t(0.95; 4) = 2.131846786, t(0.975; infinity) = 1.959963985
      [{ noise: 0.004, noiseDegrees: 4 }, 2.1318467863266495],
      [{ noise: 0.004, level: 0.95 }, 1.959963984540054],
      // Two degrees of freedom in the residual: t(0.95; 2).
      [{}, 2.919985580353726],
    ] as const) {
      const found = profileMinimum(rough, options)
      const level = "level" in options ? options.level : 0.9
      expect(found.eta).toMatchObject({ _tag: "Estimate", scale: "log", n: 5, notes: [], interval: { level } })
      for (const result of [found.loss, found.curvature]) {
        expect(result).toMatchObject({ _tag: "Estimate", scale: "linear", n: 5, notes: [], interval: { level } })
        const { value, interval, standardError } = estimate(result)
        expect((interval?.high ?? 0) - value).toBeCloseTo(quantile * (standardError as number), 12)
        expect(value - (interval?.low ?? 0)).toBeCloseTo(quantile * (standardError as number), 12)
      }
    }
  })

  it("have the noise for their doubt where it is given, else the residual", () => {
    const known = profileMinimum(rough, { noise: 0.002 })
    const twice = profileMinimum(rough, { noise: 0.004 })
    for (const key of ["eta", "loss", "curvature"] as const)
      expect(estimate(twice[key]).standardError).toBeCloseTo(2 * (estimate(known[key]).standardError as number), 12)
    const own = profileMinimum(rough)
    const x = halves.map((v) => v * Math.LN2)
    const { value: curvature } = estimate(own.curvature)
    const vertex = Math.log(estimate(own.eta).value * 2 ** 8)
    const square = rough.reduce(
      (sum, p, i) => sum + (p.loss - estimate(own.loss).value - 0.5 * curvature * (x[i] - vertex) ** 2) ** 2,
      0,
    )
    const ratio = (estimate(own.loss).standardError as number) / (estimate(known.loss).standardError as number)
    expect(ratio).toBeCloseTo(Math.sqrt(square / 2) / 0.002, 9)
  })

  it("have none with three points: neither error nor interval", () => {
    const found = profileMinimum(rough.filter((_, i) => i % 2 === 0))
    for (const key of ["eta", "loss", "curvature"] as const) {
      const { standardError, interval, n } = estimate(found[key])
      expect([standardError, interval, n]).toEqual([{ _tag: "Unavailable", message: expect.any(String) }, undefined, 3])
    }
  })

  it("describe the curve that was fitted, over its window", () => {
    const found = profileMinimum([...rises([-3, 3], [0.4, 0.5]), ...rough], { noise: 0.001 })
    expect(found.parabola).toEqual({
      center: estimate(found.eta).value,
      minimum: estimate(found.loss).value,
      curvature: estimate(found.curvature).value,
      skew: 0,
      from: expect.closeTo(2 ** -9, 12),
      to: expect.closeTo(2 ** -7, 12),
    })
  })
})

describe("a skewed profile", () => {
  const skew = 0.5
  const losses = octaves(-9.5, -6.5, 0.5).map((eta) => {
    const z = Math.log(eta) + 8.2 * Math.LN2
    return { eta, loss: 2 + (0.06 * (Math.expm1(skew * z) - skew * z)) / skew ** 2 }
  })

  it("is recovered exactly where its skew is given", () => {
    const found = profileMinimum(losses, { skew, noise: 0.001 })
    expect(Math.log2(estimate(found.eta).value)).toBeCloseTo(-8.2, 9)
    expect(estimate(found.loss).value).toBeCloseTo(2, 10)
    expect(estimate(found.curvature).value).toBeCloseTo(0.06, 9)
    expect(found.parabola?.skew).toBe(skew)
    expect(Math.log2(estimate(profileMinimum(losses, { noise: 0.001 }).eta).value)).toBeLessThan(-8.205)
  })

  it("is in more doubt where its skew is: by what one standard error of it moves", () => {
    const sure = profileMinimum(losses, { skew, noise: 0.002 })
    const other = profileMinimum(losses, { skew: skew + 0.3, noise: 0.002 })
    const found = profileMinimum(losses, { skew, skewError: 0.3, noise: 0.002 })
    const moved = (key: "loss" | "curvature") => estimate(other[key]).value - estimate(sure[key]).value
    const shift = Math.log(estimate(other.eta).value / estimate(sure.eta).value)
    expect(estimate(found.eta).value).toBe(estimate(sure.eta).value)
    for (const [key, by] of [
      ["eta", shift],
      ["loss", moved("loss")],
      ["curvature", moved("curvature")],
    ] as const) {
      const expected = Math.hypot(estimate(sure[key]).standardError as number, by)
      expect(estimate(found[key]).standardError).toBeCloseTo(expected, 12)
      expect(Math.abs(by)).toBeGreaterThan(1e-6)
    }
    // The ends of the interval move out by 1.645 shifts, added in squares.
    const center = Math.log(estimate(sure.eta).value)
    for (const end of ["low", "high"] as const) {
      const before = Math.log(estimate(sure.eta).interval?.[end] as number) - center
      const after = Math.log(estimate(found.eta).interval?.[end] as number) - center
      expect(after).toBeCloseTo(Math.sign(before) * Math.hypot(before, 1.6448536269514722 * shift), 10)
    }
  })

  it("is not in doubt by a skew without error", () => {
    const sure = profileMinimum(losses, { skew, noise: 0.002 })
    expect(profileMinimum(losses, { skew, skewError: 0, noise: 0.002 })).toEqual(sure)
  })

  it("has no doubt to add to where there is none", () => {
    const three = profileMinimum(
      rough.filter((_, i) => i % 2 === 0),
      { skewError: 0.3 },
    )
    expect(estimate(three.loss)).toMatchObject({ standardError: { _tag: "Unavailable" }, interval: undefined })
    expect(estimate(three.eta)).toMatchObject({ interval: undefined })
  })
})
