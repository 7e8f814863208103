import { describe, expect, it } from "vitest"
import { bestBatches } from "./best-batch.ts"
import { isEstimate, type Result } from "./result.ts"

const log2 = (result: Result) => (isEstimate(result) ? Math.log2(result.value) : Number.NaN)
const curve = (batch: number, losses: Readonly<Record<number, number>>) => ({
  batch,
  tokens: Object.keys(losses).map(Number),
  loss: Object.values(losses),
})
/** Losses of batches 64, 128, ... at one horizon. */
const at = (losses: ReadonlyArray<number>) =>
  bestBatches(losses.map((loss, i) => curve(64 * 2 ** i, { 1000: loss })))[0]

describe("an interior optimum", () => {
  const parabola = (batch: number) => 2 + 0.1 * Math.log(batch / 2 ** 7.3) ** 2

  it("is interpolated in ln B", () => {
    const { batch, loss } = at([2 ** 6, 2 ** 7, 2 ** 8, 2 ** 9].map(parabola))
    expect(log2(batch)).toBeCloseTo(7.3, 9)
    expect(isEstimate(loss) && loss.value).toBeCloseTo(2, 9)
    expect(batch).toMatchObject({ scale: "log", n: 4, notes: [], standardError: { _tag: "Unavailable" } })
    expect(loss).toMatchObject({ scale: "linear", n: 4, notes: [], standardError: { _tag: "Unavailable" } })
  })

  it("is that of the lowest batch and its neighbours, whatever lies further out", () => {
    const { batch, loss } = at([9, parabola(2 ** 7), parabola(2 ** 8), parabola(2 ** 9), 3])
    // Five batches from 2^6, so the second of the three is 2^8: the lowest is 2^7, whose neighbour is 9 nats up.
    expect(log2(batch)).toBeLessThan(7.5)
    expect(log2(batch)).toBeGreaterThan(7)
    // Through (-1, 9), (0, y0), (1, y1) in octaves: vertex (9 - y1) / (2 (9 - 2 y0 + y1)).
    const [y0, y1] = [parabola(2 ** 7), parabola(2 ** 8)]
    const vertex = (9 - y1) / (2 * (9 - 2 * y0 + y1))
    expect(log2(batch)).toBeCloseTo(7 + vertex, 9)
    expect(isEstimate(loss) && loss.value).toBeCloseTo(y0 - ((9 - y1) / 4) * vertex, 9)
  })
})

describe("what is not identified", () => {
  it("is said with a bound on an edge", () => {
    const low = at([2, 2.1, 2.2])
    expect(low.batch).toMatchObject({ reason: "edge-low", bound: { upper: 128 }, points: 3 })
    expect(low.loss).toMatchObject({ value: 2, scale: "linear" })
    const high = at([2.2, 2.1, 2])
    expect(high.batch).toMatchObject({ reason: "edge-high", bound: { lower: 128 }, points: 3 })
    expect(high.loss).toMatchObject({ value: 2 })
  })

  it("is fewer than three batches, by their number", () => {
    const two = at([2.2, 2.1])
    expect(two.batch).toMatchObject({ reason: "too-few-batches", points: 2 })
    expect(two.batch._tag === "NotIdentified" && two.batch.message).toMatch(/^2 batches are/)
    expect(two.loss).toMatchObject({ value: 2.1 })
    const one = at([2.2])
    expect(one.batch._tag === "NotIdentified" && one.batch.message).toMatch(/^One batch is/)
  })

  it("is which of several equal batches is best: the first stands for them, here an edge", () => {
    expect(at([2, 2, 2]).batch).toMatchObject({ reason: "edge-low" })
    expect(log2(at([2.1, 2, 2]).batch)).toBeCloseTo(7.5, 9)
  })
})

describe("horizons", () => {
  it("are each taken alone, in ascending order, with the batches that were measured there", () => {
    const found = bestBatches([
      curve(64, { 1000: 3, 4000: 2.5 }),
      curve(128, { 1000: 2.9, 2000: 2.7, 4000: 2.4 }),
      curve(256, { 1000: 3, 4000: 2.6 }),
    ])
    expect(found.map(({ tokens }) => tokens)).toEqual([1000, 2000, 4000])
    expect(found[0].points).toEqual([
      { batch: 64, loss: 3 },
      { batch: 128, loss: 2.9 },
      { batch: 256, loss: 3 },
    ])
    expect(log2(found[0].batch)).toBeCloseTo(7, 9)
    expect(found[1].points).toEqual([{ batch: 128, loss: 2.7 }])
    expect(found[1].batch).toMatchObject({ reason: "too-few-batches", points: 1 })
    expect(log2(found[2].batch)).toBeLessThan(7)
    expect(bestBatches([])).toEqual([])
  })

  it("are sorted as numbers", () => {
    const found = bestBatches([curve(64, { 900: 3, 1000: 2.9, 20000: 2 })])
    expect(found.map(({ tokens }) => tokens)).toEqual([900, 1000, 20000])
    const reversed = bestBatches([
      { batch: 64, tokens: [20000], loss: [2] },
      { batch: 128, tokens: [900], loss: [3] },
      { batch: 256, tokens: [1000], loss: [2.9] },
    ])
    expect(reversed.map(({ tokens }) => tokens)).toEqual([900, 1000, 20000])
  })
})
