import { random, sequence } from "@ts/random"
import { describe, expect, it } from "vitest"
import { estimate, measure, quadratic, reason } from "../test/profiles.ts"
import { octaves } from "../test/simulate.ts"
import { profileMinimum } from "./profile.ts"
import { isEstimate } from "./result.ts"

describe("a parabola", () => {
  it("is recovered exactly from octaves, wherever its minimum lies between them", () => {
    for (const shift of [-0.49, -0.2, 0, 0.3]) {
      const center = 2 ** (-8 + shift)
      const found = profileMinimum(measure(octaves(-11, -4), quadratic(center)))
      expect(estimate(found.eta).value / center).toBeCloseTo(1, 9)
      expect(estimate(found.loss).value).toBeCloseTo(2.5, 10)
      expect(estimate(found.curvature).value).toBeCloseTo(0.06, 10)
      expect(found.parabola?.center).toBeCloseTo(center, 10)
    }
  })

  it("of three points has no doubt of its own, and a known one with a supplied noise", () => {
    const points = measure([2 ** -9, 2 ** -8, 2 ** -7], quadratic(2 ** -8))
    expect(estimate(profileMinimum(points).eta).standardError).toMatchObject({ _tag: "Unavailable" })
    expect(estimate(profileMinimum(points).eta).interval).toBeUndefined()
    // Vertex at the centre point: Var z = Var(y+ - y-) / (2 h c)^2 with h = ln 2, c the curvature.
    const { standardError } = estimate(profileMinimum(points, { noise: 0.001 }).eta)
    expect(standardError).toBeCloseTo((0.001 * Math.SQRT2) / (2 * Math.LN2 * 0.06), 10)
  })

  it("agrees with the formula through three points for uneven spacing", () => {
    const etas = [0.004, 0.008, 0.02]
    const losses = [3.55, 3.53, 3.54]
    const [x0, x1, x2] = etas.map(Math.log)
    const [d01, d12] = [(losses[1] - losses[0]) / (x1 - x0), (losses[2] - losses[1]) / (x2 - x1)]
    const second = (d12 - d01) / (x2 - x0)
    const vertex = 0.5 * (x0 + x1) - d01 / (2 * second)
    const found = profileMinimum(etas.map((eta, i) => ({ eta, loss: losses[i] })))
    expect(Math.log(estimate(found.eta).value)).toBeCloseTo(vertex, 10)
  })
})

it("agrees with NumPy (polyfit, covariance, first-order error of the vertex) on five uneven rates", () => {
  const losses = [2.52, 2.505, 2.5, 2.503, 2.53]
  const points = [0.001, 0.0014, 0.002, 0.0028, 0.004].map((eta, i) => ({ eta, loss: losses[i] }))
  const { eta, curvature } = profileMinimum(points, { noise: 0.002 })
  expect(estimate(eta).value / 0.0019033369328227486).toBeCloseTo(1, 10)
  expect(estimate(eta).standardError).toBeCloseTo(0.017101992839057476, 10)
  expect(estimate(curvature).value).toBeCloseTo(0.10964780678452177, 10)
  expect(estimate(curvature).standardError).toBeCloseTo(0.008899336007751337, 10)
})

describe("the window", () => {
  const cliff = (eta: number) => {
    const z = Math.log2(eta) + 8
    return 2.2 + (z > 0 ? 0.02 * z * z + (z > 1 ? 0.15 * (z - 1) : 0) : 0.006 * z * z)
  }

  it("keeps an asymmetric profile with a cliff from moving the optimum by more than a third of an octave", () => {
    for (let shift = 0; shift < 1; shift += 0.1) {
      const found = profileMinimum(measure(octaves(-11.5 + shift, -4), cliff))
      expect(Math.abs(Math.log2(estimate(found.eta).value) + 8)).toBeLessThan(0.35)
      const finer = profileMinimum(measure(octaves(-11.5 + shift / 4, -4, 0.25), cliff))
      expect(Math.abs(Math.log2(estimate(finer.eta).value) + 8)).toBeLessThan(0.25)
    }
  })

  it("leaves points beyond a cliff out, and marks the use of each", () => {
    const steep = (eta: number) => quadratic(2 ** -8)(eta) + (eta > 2 ** -7.4 ? 0.5 : 0)
    const found = profileMinimum(measure(octaves(-10, -6, 0.5), steep))
    expect(found.points.filter((p) => p.use === "window").map((p) => Math.log2(p.eta))).toEqual([-9, -8.5, -8, -7.5])
  })

  it("says when a profile is lopsided", () => {
    const points = [2.21, 2.2, 2.56].map((loss, i) => ({ eta: 2 ** (-9 + i), loss }))
    expect(estimate(profileMinimum(points).eta).notes[0]).toMatch(/asymmetric/)
  })
})

describe("what is not identified", () => {
  it("is an edge, on either side, with a bound", () => {
    const low = reason(profileMinimum(measure(octaves(-6, -3), quadratic(2 ** -8))).eta)
    expect(low).toMatchObject({ reason: "edge-low", bound: { upper: 2 ** -5 } })
    const high = reason(profileMinimum(measure(octaves(-12, -9), quadratic(2 ** -8))).eta)
    expect(high).toMatchObject({ reason: "edge-high", bound: { lower: 2 ** -10 } })
    expect(high.message).toMatch(/add larger rates/)
  })

  it("is an edge towards rates that diverged, bounded by the first of them", () => {
    const points = [...measure(octaves(-11, -9), quadratic(2 ** -8.9)), { eta: 2 ** -8, loss: NaN }]
    expect(reason(profileMinimum(points).eta)).toMatchObject({
      reason: "edge-high",
      bound: { lower: 2 ** -10, upper: 2 ** -8 },
    })
  })

  it("is too few sound rates, naming those that diverged", () => {
    const found = profileMinimum([
      { eta: 0.004, loss: 3.27 },
      { eta: 0.008, loss: 3.26 },
      { eta: 0.016, loss: 7.4 },
      { eta: 0.032, loss: Infinity },
    ])
    expect(reason(found.eta).reason).toBe("too-few-points")
    expect(reason(found.eta).message).toMatch(/2 diverged: eta 0.016, 0.032/)
    expect(found.points.map((p) => p.use)).toEqual(["outside-window", "outside-window", "diverged", "diverged"])
    expect(found.best).toEqual({ eta: expect.closeTo(0.008, 10), loss: 3.26 })
  })

  it("is nothing at all", () => {
    expect(reason(profileMinimum([]).eta).reason).toBe("no-data")
    expect(reason(profileMinimum([{ eta: 0.1, loss: NaN }]).eta).reason).toBe("no-data")
    expect(profileMinimum([{ eta: 0.1, loss: NaN }]).best).toBeUndefined()
  })

  it("is two minima with a barrier between them, but not a ripple or a dip higher up", () => {
    const two = [3, 2.8, 2.7, 2.8, 2.69, 2.9].map((loss, i) => ({ eta: 2 ** (-10 + i), loss }))
    expect(reason(profileMinimum(two, { noise: 0.005 }).eta).reason).toBe("two-minima")
    expect(reason(profileMinimum(two).eta).reason).toBe("two-minima")
    const higher = [2.4, 2.3, 2.2, 2.3, 2.6, 2.55, 2.7].map((loss, i) => ({ eta: 2 ** (-10 + i), loss }))
    expect(isEstimate(profileMinimum(higher, { noise: 0.005 }).eta)).toBe(true)
    const ripple = [2.6, 2.53, 2.501, 2.503, 2.5, 2.53, 2.6].map((loss, i) => ({ eta: 2 ** (-9 + i / 2), loss }))
    expect(isEstimate(profileMinimum(ripple, { noise: 0.003 }).eta)).toBe(true)
    expect(isEstimate(profileMinimum(ripple).eta)).toBe(true)
  })

  it("is a profile too flat for its noise", () => {
    const flat = [2.501, 2.5, 2.5005, 2.502].map((loss, i) => ({ eta: 2 ** (-9 + i), loss }))
    expect(reason(profileMinimum(flat, { noise: 0.01 }).eta).reason).toBe("no-minimum")
  })
})

it("has an open interval where the few residuals of the profile bound nothing", () => {
  const points = [2.5, 2.1, 2, 2.4, 2.3].map((loss, i) => ({ eta: 2 ** (-9 + i / 2), loss }))
  expect(estimate(profileMinimum(points).eta).interval).toEqual({ low: 0, high: Infinity, level: 0.9 })
})

describe("repeats and odd points", () => {
  it("keeps repeated seeds as repeats, which give a residual", () => {
    const etas = [2 ** -9, 2 ** -8, 2 ** -7]
    const points = etas.flatMap((eta) => [0.002, -0.002].map((d) => ({ eta, loss: quadratic(2 ** -8)(eta) + d })))
    const { eta } = profileMinimum(points)
    expect(estimate(eta).n).toBe(6)
    // Three degrees of freedom from the repeats: s^2 = 6 * 0.002^2 / 3; each mean of two has half that variance.
    const s = Math.sqrt((6 * 0.002 ** 2) / 3)
    expect(estimate(eta).standardError).toBeCloseTo(s / (2 * Math.LN2 * 0.06), 10)
  })

  it("takes rates that differ in the last digit for one", () => {
    const points = [0.001, 0.00100001, 0.002, 0.004].map((eta) => ({ eta, loss: quadratic(0.002)(eta) }))
    expect(estimate(profileMinimum(points).eta).value).toBeCloseTo(0.002, 6)
    expect(reason(profileMinimum(points.slice(0, 3)).eta).reason).toBe("too-few-points")
  })

  it("leaves pruned runs out", () => {
    const points = measure(octaves(-10, -6), quadratic(2 ** -8)).map((p, i) => ({
      ...p,
      ...(i === 2 ? { loss: 9, status: "pruned" as const } : {}),
    }))
    const found = profileMinimum(points)
    expect(found.points[2].use).toBe("pruned")
    expect(Math.log2(estimate(found.eta).value)).toBeCloseTo(-8, 6)
  })
})

it("covers the true optimum as often as it says, noise known or from the residuals", () => {
  const draws = sequence(random(5, "coverage"))
  const etas = octaves(-10.5, -5.5, 0.5)
  const hits = { known: 0, residual: 0 }
  const studies = 1000
  for (let k = 0; k < studies; k++) {
    const center = 2 ** (-8 + 0.5 * draws.next())
    const points = measure(etas, (eta) => quadratic(center)(eta) + 0.002 * draws.normal())
    for (const [name, options] of [
      ["known", { noise: 0.002 }],
      ["residual", {}],
    ] as const) {
      const { eta } = profileMinimum(points, options)
      const interval = isEstimate(eta) ? eta.interval : undefined
      // No number is no false claim.
      if (interval === undefined || (interval.low <= center && center <= interval.high)) hits[name]++
    }
  }
  expect(hits.known / studies).toBeGreaterThan(0.87)
  expect(hits.known / studies).toBeLessThan(0.94)
  expect(hits.residual / studies).toBeGreaterThan(0.85)
})
