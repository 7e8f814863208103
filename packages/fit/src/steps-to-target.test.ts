import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { readTable } from "../test/read-table.ts"
import { isEstimate } from "./result.ts"
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

describe("what is not identified", () => {
  it("is a batch range entirely in the linear regime", () => {
    const points = [64, 128, 256, 512].map((batch, i) => ({ batch, steps: (1e6 / batch) * (1 + 0.01 * (-1) ** i) }))
    const fit = stepsToTarget(points)
    expect(fit).toMatchObject({ _tag: "NotIdentified", reason: "not-reached" })
    const batch = overheadBatch(fit, { reference: 64 })
    expect(batch._tag === "NotIdentified" && batch.bound?.lower).toBeGreaterThan(1.2 * 64)
  })

  it("is a batch range without any gain", () => {
    const points = [64, 128, 256, 512].map((batch, i) => ({ batch, steps: 1000 * (1 + 0.01 * (-1) ** i) }))
    expect(stepsToTarget(points)).toMatchObject({ reason: "reference-too-large" })
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
    expect(() => overheadBatch(stepsToTarget([]), { reference: 0 })).toThrow("reference is 0")
    expect(() => overheadBatch(stepsToTarget([]), { reference: 1, overhead: -1 })).toThrow("overhead is -1")
  })
})
