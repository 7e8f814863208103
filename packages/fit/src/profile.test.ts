import { random, sequence } from "@ts/random"
import { describe, expect, it } from "vitest"
import { octaves } from "../test/simulate.ts"
import { profileMinimum } from "./profile.ts"
import { type Estimate, isEstimate, type NotIdentified, type Result } from "./result.ts"

const quadratic =
  (center: number, curvature = 0.06, floor = 2.5) =>
  (eta: number) =>
    floor + 0.5 * curvature * Math.log(eta / center) ** 2

const measure = (etas: ReadonlyArray<number>, loss: (eta: number) => number) =>
  etas.map((eta) => ({ eta, loss: loss(eta) }))

const estimate = (result: Result): Estimate => {
  if (!isEstimate(result)) throw new Error(`expected a number: ${result.message}`)
  return result
}
const reason = (result: Result): NotIdentified => {
  if (isEstimate(result)) throw new Error(`expected none, found ${result.value}`)
  return result
}

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

/** Losses above 2 at these octaves about 2^-8. */
const rises = (octavesAbout: ReadonlyArray<number>, values: ReadonlyArray<number>) =>
  octavesAbout.map((z, i) => ({ eta: 2 ** (z - 8), loss: 2 + values[i] }))
const halves = [-1, -0.5, 0, 0.5, 1]
/** A parabola of curvature 0.06 with a little roughness: five points within an octave. */
const rough = rises(
  halves,
  [0.003, -0.002, 0.001, 0.002, -0.003].map((v, i) => v + 0.03 * (Math.LN2 * halves[i] - 0.05) ** 2),
)

describe("a point", () => {
  it("keeps its run and seed, or has none", () => {
    const named = rough.map((p, i) => (i < 2 ? { ...p, runId: `run ${i}`, seed: i + 3 } : p))
    const { points } = profileMinimum(named)
    expect(points.map((p) => p.runId)).toEqual(["run 0", "run 1", "", "", ""])
    expect(points.map((p) => p.seed)).toEqual([3, 4, 0, 0, 0])
    expect(points.map(({ eta, loss }) => ({ eta, loss }))).toEqual(rough)
  })
})

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

describe("the window's width", () => {
  const wide = octaves(-11, -5, 0.5)
  const used = (options: Parameters<typeof profileMinimum>[1], curvature = 0.06) =>
    profileMinimum(measure(wide, quadratic(2 ** -8, curvature)), options).points.filter((p) => p.use === "window")
      .length

  it("is an octave on both sides unless told", () => {
    expect(used({})).toBe(5)
    expect(used({ window: 2 })).toBe(9)
    expect(used({ noise: 0.001 })).toBe(5)
  })

  it("grows by an octave, and by another, where the noise leaves the curvature in doubt", () => {
    // Var c of y = a + b z + c z^2 / 2 on n points; a known noise must leave c above 1.645 errors.
    const limit = (radius: number) => {
      const z = octaves(-radius, radius, 0.5).map((v) => Math.log2(v) * Math.LN2)
      const m2 = z.reduce((sum, v) => sum + v * v, 0) / z.length
      return ((0.06 / 2) * Math.sqrt(z.reduce((sum, v) => sum + (v * v - m2) ** 2, 0))) / 1.6448536269514722
    }
    const [one, two, three] = [1, 2, 3].map(limit)
    expect([0.99 * one, 1.01 * one, 0.99 * two, 1.01 * two, 0.99 * three].map((noise) => used({ noise }))).toEqual([
      5, 9, 9, 13, 13,
    ])
    const none = profileMinimum(measure(wide, quadratic(2 ** -8)), { noise: 1.01 * three })
    expect(reason(none.eta)).toMatchObject({ reason: "no-minimum", points: 13 })
    expect(reason(none.eta).message).toMatch(/above a noise of/)
  })

  it("does not grow where no noise is known: a vertex beyond the window's ends is none", () => {
    for (const values of [
      [0.9, 0.89, 0, 0.001, 0.002],
      [0.002, 0.001, 0, 0.89, 0.9],
    ]) {
      const found = profileMinimum(rises(halves, values))
      expect(reason(found.eta)).toMatchObject({ reason: "no-minimum", points: 5 })
      expect(reason(found.eta).message).not.toMatch(/noise of/)
      expect(reason(found.loss).reason).toBe("no-minimum")
      expect(found.parabola).toBeUndefined()
      expect(found.points.every((p) => p.use === "outside-window")).toBe(true)
    }
  })

  it("does not grow for them either where farther points would help", () => {
    const octavesAbout = [-2, -1.5, ...halves, 1.5, 2]
    const values = [0.95, 0.92, 0.9, 0.89, 0, 0.001, 0.002, 0.3, 0.6]
    expect(isEstimate(profileMinimum(rises(octavesAbout, values), { window: 2 }).eta)).toBe(true)
    expect(reason(profileMinimum(rises(octavesAbout, values)).eta).reason).toBe("no-minimum")
  })

  it("finds no minimum in points that bend down about it", () => {
    expect(reason(profileMinimum(rises(halves, [0.09, 0.9, 0, 0.9, 0.09]), { noise: 0.27 }).eta).reason).toBe(
      "no-minimum",
    )
  })

  it("counts repeats among the points", () => {
    const repeated = [...rises(halves, [0.09, 0.9, 0, 0.9, 0.09]), ...rises([0.5], [0.9])]
    expect(reason(profileMinimum(repeated, { noise: 0.27 }).eta).points).toBe(6)
  })
})

describe("an interval's end", () => {
  it("is open beyond two octaves outside the window, and only there", () => {
    const losses = measure(octaves(-9, -7), quadratic(2 ** -8.3, 0.06))
    const ends = (noise: number) => estimate(profileMinimum(losses, { noise }).eta).interval
    const lows: Array<number> = []
    const highs: Array<number> = []
    for (let noise = 0.001; noise < 0.03; noise += 0.0001) {
      const found = profileMinimum(losses, { noise }).eta
      if (!isEstimate(found)) break
      lows.push(Math.log2(found.interval?.low as number))
      highs.push(Math.log2(found.interval?.high as number))
    }
    expect(lows.length).toBeGreaterThan(20)
    const closed = (values: ReadonlyArray<number>) => values.filter(Number.isFinite)
    // The minimum lies nearer to the low end, which opens first; both come close to the limit before they do.
    expect(Math.min(...closed(lows))).toBeGreaterThan(-11)
    expect(Math.min(...closed(lows))).toBeLessThan(-10.8)
    expect(Math.max(...closed(highs))).toBeLessThan(-5)
    expect(lows).toContain(Number.NEGATIVE_INFINITY)
    expect(ends(0.001)?.low).toBeGreaterThan(0)
    expect(ends(0.001)?.high).toBeLessThan(1)
    const mirrored = measure(octaves(-9, -7), quadratic(2 ** -7.7, 0.06))
    const high = (noise: number) => estimate(profileMinimum(mirrored, { noise }).eta).interval?.high as number
    for (let i = 0; i < lows.length; i++) expect(Math.log2(high(0.001 + 0.0001 * i))).toBeCloseTo(-16 - lows[i], 6)
  })
})

describe("the note of asymmetry", () => {
  const notes = (at: ReadonlyArray<number>, values: ReadonlyArray<number>) =>
    estimate(profileMinimum(rises(at, values)).eta).notes.length

  it("is made where one side rises ten times as fast", () => {
    expect(notes([-1, 0, 1], [0.01, 0, 0.0999])).toBe(0)
    expect(notes([-1, 0, 1], [0.01, 0, 0.1001])).toBe(1)
    expect(notes([-1, 0, 1], [0.1001, 0, 0.01])).toBe(1)
    expect(notes([-1, 0, 1], [0.0999, 0, 0.01])).toBe(0)
  })

  it("compares rises over equal distances", () => {
    expect(notes([-0.5, 0, 1], [0.01, 0, 0.399])).toBe(0)
    expect(notes([-0.5, 0, 1], [0.01, 0, 0.401])).toBe(1)
    expect(notes([-1, 0, 0.5], [0.399, 0, 0.01])).toBe(0)
    expect(notes([-1, 0, 0.5], [0.401, 0, 0.01])).toBe(1)
  })

  it("is left to the residual where there are more than five points", () => {
    const lopsided = [0.05, 0.01, 0, 0.11, 0.3]
    expect(notes(halves, lopsided)).toBe(1)
    expect(notes([-0.75, ...halves], [0.02, ...lopsided])).toBe(0)
  })
})

describe("the grid alone", () => {
  it("says what is missing", () => {
    expect(reason(profileMinimum([]).eta)).toMatchObject({ reason: "no-data", points: 0 })
    expect(reason(profileMinimum([]).eta).message).toMatch(/^No readings/)
    const lost = profileMinimum([
      { eta: 0.25, loss: Number.NaN },
      { eta: 0.125, loss: Number.NaN },
    ])
    expect(reason(lost.eta)).toMatchObject({ reason: "no-data", points: 2 })
    expect(reason(lost.eta).message).toMatch(/2 diverged: eta 2\^-2, 2\^-3.*below 2\^-3/)
    const pruned = profileMinimum([{ eta: 0.25, loss: 3, status: "pruned" }])
    expect(reason(pruned.eta)).toMatchObject({ reason: "no-data", points: 1 })
    expect(reason(pruned.eta).message).toMatch(/^Every reading was pruned/)
    expect(reason(profileMinimum(rises([0, 1], [0, 1])).eta).message).toBe(
      "Only 2 sound learning rates: three are needed; add rates about 2^-8.",
    )
    expect(reason(profileMinimum(rises([0], [0])).eta).message).toMatch(/^Only 1 sound learning rate:/)
  })

  it("takes rates that diverged below the best, or at it, for no upper bound", () => {
    const falling = rises([-2, -1, 0], [2, 1, 0])
    const low = { eta: 2 ** -12, loss: Number.NaN }
    const same = { eta: 2 ** -8, loss: Number.NaN }
    for (const more of [[], [low], [low, same]]) {
      const { bound, message } = reason(profileMinimum([...falling, ...more]).eta)
      expect(bound).toEqual({ lower: expect.closeTo(2 ** -9, 12) })
      expect(message).toMatch(/add larger rates/)
    }
    const repeat = profileMinimum(
      [0.0005, 0.001, 0.0019, 0.0019].map((eta, i) => ({ eta, loss: [3, 2, 1, Number.NaN][i] })),
    )
    expect(Math.exp(Math.log(0.0019))).toBeLessThan(0.0019)
    expect(reason(repeat.eta).bound).toEqual({ lower: expect.closeTo(0.001, 12) })
    const high = [-4, -5].map((octave) => ({ eta: 2 ** octave, loss: Number.NaN }))
    const { bound, message } = reason(profileMinimum([...falling, low, ...high]).eta)
    expect(bound).toEqual({ lower: expect.closeTo(2 ** -9, 12), upper: 2 ** -5 })
    expect(message).toMatch(/the next, 2\^-5, diverged/)
  })

  it("bounds two minima by the rates about them, as far as there are any", () => {
    const of = (values: ReadonlyArray<number>) =>
      reason(
        profileMinimum(
          rises(
            values.map((_, i) => i),
            values,
          ),
          { noise: 0.01 },
        ).eta,
      )
    expect(of([3, 1, 0, 1, 0.01, 1, 3])).toMatchObject({
      reason: "two-minima",
      points: 7,
      bound: { lower: expect.closeTo(2 ** -7, 12), upper: expect.closeTo(2 ** -3, 12) },
    })
    expect(of([3, 1, 0.01, 1, 0, 1, 3]).bound).toEqual({
      lower: expect.closeTo(2 ** -7, 12),
      upper: expect.closeTo(2 ** -3, 12),
    })
    expect(of([0.01, 1, 0, 1]).bound).toEqual({
      lower: expect.closeTo(2 ** -8, 12),
      upper: expect.closeTo(2 ** -5, 12),
    })
    expect(of([1, 0, 1, 0.01]).bound).toEqual({
      lower: expect.closeTo(2 ** -8, 12),
      upper: expect.closeTo(2 ** -5, 12),
    })
  })

  it("takes the first of equal lowest losses", () => {
    const found = profileMinimum(rises([-1, 0, 1, 2], [1, 0, 0, 1]))
    expect(found.best).toEqual({ eta: expect.closeTo(2 ** -8, 12), loss: 2 })
  })
})
