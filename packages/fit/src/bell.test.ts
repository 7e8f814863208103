import { random, sequence } from "@ts/random"
import { describe, expect, it } from "vitest"
import { octaves } from "../test/simulate.ts"
import { bell, bellEta } from "./bell.ts"
import { isEstimate, type Result } from "./result.ts"

const points = (batches: ReadonlyArray<number>, peak: number, height: number, error?: number, noise = () => 0) =>
  batches.map((batch) => ({ batch, eta: bellEta(batch, peak, height) * Math.exp(noise()), standardError: error }))

const valueOf = (result: Result) => (isEstimate(result) ? result.value : NaN)

describe("the bell", () => {
  it("is the formula of the paper", () => {
    for (const r of [0.01, 0.5, 1, 7])
      expect(bellEta(100 * r, 100, 0.02)).toBeCloseTo(0.02 / (0.5 * (Math.sqrt(r) + Math.sqrt(1 / r))), 14)
  })

  it("is recovered from exact data", () => {
    const found = bell(points(octaves(6, 13), 2 ** 9.3, 0.01, 0.05), { tokens: 1000 })
    expect(valueOf(found.peakBatch) / 2 ** 9.3).toBeCloseTo(1, 7)
    expect(valueOf(found.peakEta)).toBeCloseTo(0.01, 9)
    expect(found.tokens).toBe(1000)
    const free = bell(points(octaves(6, 13), 2 ** 9.3, 0.01))
    expect(valueOf(free.peakBatch) / 2 ** 9.3).toBeCloseTo(1, 7)
  })

  it("has the standard error of the linearised fit", () => {
    const batches = octaves(6, 13)
    const found = bell(points(batches, 2 ** 9.3, 0.01, 0.05))
    // d ln eta / du = tanh((b - u)/2)/2; eliminate the level.
    const g = batches.map((b) => 0.5 * Math.tanh(0.5 * Math.log(b / 2 ** 9.3)))
    const mean = g.reduce((a, b) => a + b, 0) / g.length
    const information = g.reduce((sum, v) => sum + (v - mean) ** 2, 0) / 0.05 ** 2
    expect(isEstimate(found.peakBatch) && found.peakBatch.standardError).toBeCloseTo(1 / Math.sqrt(information), 8)
  })
})

it("agrees with SciPy 1.17 (curve_fit, absolute_sigma) on seven uneven points", () => {
  const etas = [0.0041, 0.0062, 0.0079, 0.0092, 0.0095, 0.0088, 0.0081]
  const errors = [0.05, 0.06, 0.04, 0.05, 0.07, 0.05, 0.06]
  const found = bell(etas.map((eta, i) => ({ batch: 2 ** (6 + i), eta, standardError: errors[i] })))
  expect(valueOf(found.peakBatch) / 1084.51421).toBeCloseTo(1, 7)
  expect(valueOf(found.peakEta) / 0.00966461326).toBeCloseTo(1, 7)
  expect(isEstimate(found.peakBatch) && found.peakBatch.standardError).toBeCloseTo(0.07862817, 6)
  expect(isEstimate(found.peakEta) && found.peakEta.standardError).toBeCloseTo(0.02333698, 6)
})

describe("a peak outside the batches is never a number", () => {
  it("but a lower bound while eta* still rises", () => {
    const draws = sequence(random(1, "rises"))
    let oneSided = 0
    for (let k = 0; k < 50; k++) {
      const { peakBatch, peakEta } = bell(points(octaves(6, 11), 2 ** 15, 0.01, 0.1, () => 0.1 * draws.normal()))
      expect(peakBatch).toMatchObject({ _tag: "NotIdentified", reason: "peak-above" })
      if (peakBatch._tag === "NotIdentified") {
        if (peakBatch.bound !== undefined) expect(peakBatch.bound.level).toBe(0.9)
        if (peakBatch.bound?.upper === undefined) oneSided++
        expect(peakBatch.message).toMatch(/measure larger batches/)
      }
      expect(peakEta._tag).toBe("NotIdentified")
    }
    expect(oneSided).toBeGreaterThan(40)
  })

  it("but an upper bound where eta* only falls", () => {
    const { peakBatch } = bell(points(octaves(8, 13), 2 ** 3, 0.01, 0.05))
    expect(peakBatch).toMatchObject({ reason: "peak-below", bound: { level: 0.9 } })
  })

  it("and nothing where it neither rises nor falls beyond the errors", () => {
    const flat = octaves(6, 9).map((batch) => ({ batch, eta: 0.01, standardError: 2 }))
    expect(bell(flat).peakBatch).toMatchObject({ reason: "flat" })
  })

  it("nor is one whose rise and fall drown in the errors", () => {
    expect(bell(points(octaves(2, 16), 2 ** 9, 0.01, 1.8)).peakBatch).toMatchObject({ reason: "flat" })
    expect(isEstimate(bell(points(octaves(2, 16), 2 ** 9, 0.01, 0.5)).peakBatch)).toBe(true)
  })

  it("nor is the bend of a rise that never falls", () => {
    const draws = sequence(random(4, "bend"))
    let claims = 0
    const studies = 400
    for (let k = 0; k < studies; k++) {
      // eta* ~ B^(1/4) for two octaves, then level: the bell alone would put a peak there in every one of these studies.
      const cells = octaves(6, 10).map((batch) => ({
        batch,
        eta: Math.min(batch, 2 ** 8) ** 0.25 * Math.exp(0.07 * draws.normal()),
        standardError: 0.07,
      }))
      if (isEstimate(bell(cells).peakBatch)) claims++
    }
    expect(claims / studies).toBeLessThan(0.08)
  })

  it("and the bound holds the truth about as often as it says", () => {
    const draws = sequence(random(2, "bound"))
    let holds = 0
    const studies = 400
    for (let k = 0; k < studies; k++) {
      const { peakBatch } = bell(points(octaves(6, 11), 2 ** 11.5, 0.01, 0.1, () => 0.1 * draws.normal()))
      if (peakBatch._tag === "Estimate") {
        if (peakBatch.interval !== undefined && peakBatch.interval.high >= 2 ** 11.5) holds++
      } else if ((peakBatch.bound?.lower ?? 0) <= 2 ** 11.5) holds++
    }
    expect(holds / studies).toBeGreaterThan(0.82)
  })

  it("and too few batches are named", () => {
    const few = bell(points(octaves(6, 7), 2 ** 9, 0.01, 0.1))
    expect(few.peakBatch).toMatchObject({ reason: "too-few-batches", points: 2 })
    expect(bell([]).peakBatch).toMatchObject({ reason: "too-few-batches" })
  })
})

it("covers the true peak as often as it says", () => {
  const draws = sequence(random(7, "bell coverage"))
  let hits = 0
  let claims = 0
  const studies = 500
  for (let k = 0; k < studies; k++) {
    const peak = 2 ** (9 + draws.next())
    const { peakBatch } = bell(points(octaves(6, 13), peak, 0.01, 0.15, () => 0.15 * draws.normal()))
    if (!isEstimate(peakBatch) || peakBatch.interval === undefined) continue
    claims++
    if (peakBatch.interval.low <= peak && peak <= peakBatch.interval.high) hits++
  }
  expect(claims / studies).toBeGreaterThan(0.6)
  expect(hits / claims).toBeGreaterThan(0.86)
  expect(hits / claims).toBeLessThan(0.95)
})

it("scales its doubt with a scatter that the errors do not explain", () => {
  const draws = sequence(random(9, "scatter"))
  const found = bell(points(octaves(5, 14), 2 ** 9.5, 0.01, 0.001, () => 0.1 * draws.normal()))
  expect(isEstimate(found.peakBatch) && (found.peakBatch.standardError as number)).toBeGreaterThan(0.05)
})

describe("what a bell is fitted to", () => {
  const draws = sequence(random(12, "some"))
  const some = points(octaves(6, 13), 2 ** 9.5, 0.01, 0.1, () => 0.05 * draws.normal())

  it("comes in any order and goes out by batch", () => {
    const found = bell([...some].reverse())
    expect(found.points).toEqual(some)
    expect(found).toEqual(bell(some))
    expect(found.tokens).toBe(0)
    // The measured range is that of the batches, not of the first and last point given.
    const low = bell([...points(octaves(3, 8), 2 ** 8.5, 0.01, 0.002)].reverse())
    expect(isEstimate(low.peakBatch) && low.peakBatch.notes).toEqual([
      "It lies beyond the largest batch measured and rests on the form of the bell.",
    ])
  })

  it("is unweighted as soon as one error is unknown or zero", () => {
    const free = bell(some.map((p) => ({ ...p, standardError: undefined })))
    for (const standardError of [undefined, 0]) {
      const mixed = bell(
        some.map((p, k) => (k === 3 ? { ...p, standardError } : { ...p, standardError: 0.01 * (k + 1) })),
      )
      expect(mixed.peakBatch).toEqual(free.peakBatch)
      expect(mixed.peakEta).toEqual(free.peakEta)
    }
    expect(valueOf(bell(some.map((p, k) => ({ ...p, standardError: 0.01 * (k + 1) }))).peakBatch)).not.toBe(
      valueOf(free.peakBatch),
    )
  })

  it("needs three batches, at each of which repeats are welcome", () => {
    const three = [...points(octaves(8, 10), 2 ** 9, 0.01, 0.01), ...points(octaves(8, 10), 2 ** 9, 0.01, 0.01)]
    expect(bell(three).peakBatch).not.toMatchObject({ reason: "too-few-batches" })
    const two = points([64, 64, 128, 128], 2 ** 9, 0.01, 0.01)
    expect(bell(two).peakBatch).toMatchObject({
      reason: "too-few-batches",
      points: 4,
      message: "eta* is known at 2 batch sizes; the peak of eta*(B) needs at least three: measure more batches.",
    })
    expect(bell(two.slice(0, 2)).peakEta).toMatchObject({
      message: expect.stringMatching(/^eta\* is known at 1 batch size;/),
    })
    expect(() => bell(some, { level: 90 })).toThrow("level is 90")
  })
})

it("widens by Student's t for errors, and for a scatter, that few degrees of freedom stand behind", () => {
  const width = (some: Parameters<typeof bell>[0], options: Parameters<typeof bell>[1]) => {
    const { peakBatch } = bell(some, options)
    return isEstimate(peakBatch) && peakBatch.interval !== undefined
      ? Math.log(peakBatch.interval.high / peakBatch.interval.low)
      : NaN
  }
  const exact = points(octaves(5, 14), 2 ** 9.5, 0.01, 0.002)
  // Quantiles of Student's t at 95 %, from tables: 2.015 with five degrees, 1.645 with infinitely many, 1.860 with eight.
  expect(width(exact, { errorDegrees: 5 }) / width(exact, {})).toBeCloseTo(2.015 / 1.645, 3)
  const draws = sequence(random(9, "scatter"))
  const scattered = points(octaves(5, 14), 2 ** 9.5, 0.01, 0.0005, () => 0.02 * draws.normal())
  expect(width(scattered, { errorDegrees: 5 }) / width(scattered, {})).toBeCloseTo(2.015 / 1.86, 2)
  // Ten points less two parameters.
  expect(width(scattered, { errorDegrees: 100 })).toBe(width(scattered, {}))
  expect(width(scattered, { errorDegrees: 100 })).toBe(width(scattered, { errorDegrees: 8 }))
})
