import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { readTable } from "../test/read-table.ts"
import { isEstimate, notIdentified, unavailable } from "./result.ts"
import { overheadBatch, stepsToTarget } from "./steps-to-target.ts"

const published = readTable(readFileSync(new URL("../fixtures/steps_to_target.csv", import.meta.url), "utf8"))
const pointsOf = (model: string) =>
  published["model"].flatMap((name, i) =>
    name === model ? [{ batch: Number(published["batch_size"][i]), steps: Number(published["steps"][i]) }] : [],
  )

describe("the published runs of Zhang et al. 2024", () => {
  it.each([
    ["85M", 1293.8, 2.834e6, 745.3],
    ["151M", 1752.4, 5.677e6, 955.2],
    ["302M", 2095.3, 1.1383e7, 1393.7],
  ])("%s: a = %d, b = %d, overhead batch %d sequences", (model, a, b, batch) => {
    const fit = stepsToTarget(pointsOf(model))
    if (fit._tag === "NotIdentified") throw new Error(fit.message)
    expect(fit.minimumSteps.value).toBeCloseTo(a, 1)
    expect(fit.minimumData.value / b).toBeCloseTo(1, 3)
    const found = overheadBatch(fit, { reference: 256 })
    expect(isEstimate(found) && found.value).toBeCloseTo(batch, 1)
    expect(isEstimate(found) && found.interval && found.interval.low < batch && batch < found.interval.high).toBe(true)
  })
})

describe("closed forms", () => {
  const exact = (batches: ReadonlyArray<number>) => batches.map((batch) => ({ batch, steps: 1000 + 2e6 / batch }))

  it("recovers a and b, and E_min/S_min", () => {
    const fit = stepsToTarget(exact([64, 256, 1024, 4096, 16384]))
    if (fit._tag === "NotIdentified") throw new Error(fit.message)
    expect(fit.minimumSteps.value / 1000).toBeCloseTo(1, 7)
    expect(fit.minimumData.value / 2e6).toBeCloseTo(1, 7)
    expect(fit.balanceBatch.value / 2000).toBeCloseTo(1, 7)
    const batch = overheadBatch(fit, { reference: 100, overhead: 0.5 })
    expect(isEstimate(batch) && batch.value).toBeCloseTo(150 + 0.5 * 2000, 3)
  })

  it("has standard errors of the linearised fit", () => {
    const batches = [64, 128, 256, 512, 1024, 2048]
    const wobble = [0.02, -0.03, 0.01, 0.02, -0.01, -0.01]
    const points = exact(batches).map((p, i) => ({ ...p, steps: p.steps * Math.exp(wobble[i]) }))
    const fit = stepsToTarget(points)
    if (fit._tag === "NotIdentified") throw new Error(fit.message)
    const ratio = fit.balanceBatch.value
    const a = fit.minimumSteps.value
    const g = batches.map((b) => ratio / b / (1 + ratio / b))
    const mean = g.reduce((s, v) => s + v, 0) / g.length
    const rss = points.reduce((s, p) => s + (Math.log(p.steps) - Math.log(a * (1 + ratio / p.batch))) ** 2, 0)
    const variance = rss / 4 / g.reduce((s, v) => s + (v - mean) ** 2, 0)
    const error = fit.balanceBatch.standardError as number
    expect(error / Math.sqrt(variance)).toBeCloseTo(1, 7)
    // In (ln a, ln b) the Jacobian is (1 - g, g): invert its Gram matrix.
    const gram = [0, 1].map((i) => [0, 1].map((j) => g.reduce((s, v) => s + [1 - v, v][i] * [1 - v, v][j], 0)))
    const determinant = gram[0][0] * gram[1][1] - gram[0][1] ** 2
    const errorOf = (k: number) => Math.sqrt(((rss / 4) * gram[1 - k][1 - k]) / determinant)
    expect((fit.minimumSteps.standardError as number) / errorOf(0)).toBeCloseTo(1, 7)
    expect((fit.minimumData.standardError as number) / errorOf(1)).toBeCloseTo(1, 7)
  })
})

describe("the numbers and their doubt", () => {
  const batches = [64, 128, 256, 512, 1024, 2048]
  const wobble = [0.02, -0.03, 0.01, 0.02, -0.01, -0.01]
  const points = batches.map((batch, i) => ({ batch, steps: (1000 + 2e6 / batch) * Math.exp(wobble[i]) }))
  const identified = (options?: { level: number }) => {
    const fit = stepsToTarget(points, options)
    if (fit._tag === "NotIdentified") throw new Error(fit.message)
    return fit
  }

  it("are positive quantities with intervals of Student's t about their logarithms", () => {
    // t(0.95; 4) = 2.131846786, t(0.975; 4) = 2.776445105
    for (const [level, quantile] of [
      [0.9, 2.131846786],
      [0.95, 2.776445105],
    ] as const) {
      const { minimumSteps, minimumData } = identified({ level })
      for (const found of [minimumSteps, minimumData]) {
        expect(found).toMatchObject({ _tag: "Estimate", scale: "log", n: 6, notes: [], interval: { level } })
        const half = quantile * (found.standardError as number)
        expect(Math.log((found.interval?.low ?? 0) / found.value)).toBeCloseTo(-half, 8)
        expect(Math.log((found.interval?.high ?? 0) / found.value)).toBeCloseTo(half, 8)
      }
    }
    expect(identified().minimumSteps.interval?.level).toBe(0.9)
  })

  it("have the likelihood's interval of the balance batch: F(1, 4) at its ends", () => {
    const { balanceBatch } = identified()
    expect(balanceBatch).toMatchObject({ scale: "log", n: 6, notes: [], interval: { level: 0.9 } })
    const residualAt = (ratio: number) => {
      const off = points.map((p) => Math.log(p.steps) - Math.log1p(ratio / p.batch))
      const mean = off.reduce((a, b) => a + b, 0) / 6
      return off.reduce((sum, v) => sum + (v - mean) ** 2, 0)
    }
    const best = residualAt(balanceBatch.value)
    for (const end of [balanceBatch.interval?.low, balanceBatch.interval?.high]) {
      expect((residualAt(end as number) - best) / (best / 4)).toBeCloseTo(2.131846786 ** 2, 5)
    }
    expect(balanceBatch.interval?.low).toBeLessThan(balanceBatch.value)
    expect(balanceBatch.interval?.high).toBeGreaterThan(balanceBatch.value)
  })

  it("give the overhead batch by the chain rule", () => {
    const { balanceBatch } = identified()
    const batch = overheadBatch(identified(), { reference: 100, overhead: 0.5 })
    if (!isEstimate(batch)) throw new Error(batch.message)
    expect(batch).toMatchObject({ scale: "log", n: 6, notes: [] })
    const at = (ratio: number) => 150 + 0.5 * ratio
    expect(batch.value).toBeCloseTo(at(balanceBatch.value), 9)
    expect(batch.interval?.low).toBeCloseTo(at(balanceBatch.interval?.low as number), 9)
    expect(batch.interval?.high).toBeCloseTo(at(balanceBatch.interval?.high as number), 9)
    const nudge = 1e-6
    const slope = Math.log(at(balanceBatch.value * Math.exp(nudge)) / at(balanceBatch.value)) / nudge
    expect((batch.standardError as number) / (slope * (balanceBatch.standardError as number))).toBeCloseTo(1, 5)
  })

  it("stay without doubt where the balance batch has none", () => {
    const fit = identified()
    const doubt = unavailable("not needed")
    const bare = { ...fit, balanceBatch: { ...fit.balanceBatch, standardError: doubt, interval: undefined } }
    expect(overheadBatch(bare, { reference: 100 })).toMatchObject({ standardError: doubt, interval: undefined })
  })

  it("are found far outside the measured batches where the steps are exact", () => {
    for (const ratio of [64 * Math.exp(-8), 2048 * Math.exp(8)]) {
      const fit = stepsToTarget(batches.map((batch) => ({ batch, steps: 1000 * (1 + ratio / batch) })))
      if (fit._tag === "NotIdentified") throw new Error(fit.message)
      expect(fit.balanceBatch.value / ratio).toBeCloseTo(1, 3)
    }
  })

  it("need no more than three batches", () => {
    const fit = stepsToTarget(points.slice(0, 5).filter((_, i) => i % 2 === 0))
    expect(fit).toMatchObject({ _tag: "StepsToTarget", minimumSteps: { n: 3 } })
  })
})

describe("what is not identified", () => {
  it("is a batch range entirely in the linear regime", () => {
    const points = [64, 128, 256, 512].map((batch, i) => ({ batch, steps: (1e6 / batch) * (1 + 0.01 * (-1) ** i) }))
    const fit = stepsToTarget(points)
    expect(fit).toMatchObject({ _tag: "NotIdentified", reason: "not-reached" })
    const lower = fit._tag === "NotIdentified" ? fit.bound?.lower : undefined
    // Half of the range or more: at 512 the steps were still falling.
    expect(lower).toBeGreaterThan(512)
    expect(fit).toMatchObject({ bound: { level: 0.9 }, points: 4 })
    const batch = overheadBatch(fit, { reference: 64 })
    expect(batch).toMatchObject({ _tag: "NotIdentified", reason: "not-reached" })
    const bound = batch._tag === "NotIdentified" ? batch.bound : undefined
    expect(bound?.lower).toBeCloseTo(1.2 * 64 + 0.2 * (lower as number), 9)
    expect(bound).toEqual({ lower: bound?.lower, level: 0.9 })
  })

  it("hands both bounds on in its own unit, and neither where there is none", () => {
    const options = { reference: 100, overhead: 0.5 }
    const both = notIdentified("not-reached", "measure", 4, { lower: 10, upper: 1000, level: 0.8 })
    expect(overheadBatch(both, options)).toEqual({ ...both, bound: { lower: 155, upper: 650, level: 0.8 } })
    const upper = notIdentified("reference-too-large", "measure", 4, { upper: 1000 })
    expect(overheadBatch(upper, options)).toEqual({ ...upper, bound: { upper: 650 } })
  })

  it("is a batch range without any gain", () => {
    const points = [64, 128, 256, 512].map((batch, i) => ({ batch, steps: 1000 * (1 + 0.01 * (-1) ** i) }))
    const fit = stepsToTarget(points)
    expect(fit).toMatchObject({ reason: "reference-too-large", points: 4, bound: { level: 0.9 } })
    const upper = fit._tag === "NotIdentified" ? fit.bound?.upper : undefined
    // Twice the steps at the smallest batch would have been seen.
    expect(upper).toBeLessThan(64)
    expect(upper).toBeGreaterThan(0)
  })

  it("is nothing at all, without a bound, where steps scatter from batch to batch", () => {
    const points = [100, 900, 100].map((steps, i) => ({ batch: 64 * 2 ** i, steps }))
    const fit = stepsToTarget(points)
    expect(fit).toMatchObject({ reason: "reference-too-large" })
    expect(fit).not.toHaveProperty("bound")
  })

  it("is fewer than three batches", () => {
    const fit = stepsToTarget([
      { batch: 64, steps: 10 },
      { batch: 128, steps: 7 },
    ])
    expect(fit).toMatchObject({ reason: "too-few-batches" })
    expect(overheadBatch(fit, { reference: 64 })).toEqual(fit)
  })

  it("is bad input", () => {
    const bad = [1, 2, 3].map((batch) => ({ batch, steps: batch - 1 }))
    expect(() => stepsToTarget(bad)).toThrow("points[0].steps is 0; it must be a finite number above zero")
    expect(() =>
      stepsToTarget([
        { batch: 1, steps: 1 },
        { batch: -2, steps: 1 },
      ]),
    ).toThrow("points[1].batch is -2")
    expect(() => stepsToTarget([], { level: 90 })).toThrow("level is 90")
    expect(() => overheadBatch(stepsToTarget([]), { reference: 1, overhead: 0 })).toThrow("overhead is 0")
    expect(() => overheadBatch(stepsToTarget([]), { reference: 0 })).toThrow("reference is 0")
    expect(() => overheadBatch(stepsToTarget([]), { reference: 1, overhead: -1 })).toThrow("overhead is -1")
  })
})
