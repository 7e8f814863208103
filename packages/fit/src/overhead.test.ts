import { describe, expect, it } from "vitest"
import { lossAt, octaves } from "../test/simulate.ts"
import type { Cell } from "./law.ts"
import { balanceOf, fromBalance, type LossCurve, lossCurves, overheads } from "./overhead.ts"
import { type Estimate, isEstimate, notIdentified, type Reason, type Result, unavailable } from "./result.ts"

const log2 = (result: Result) => (isEstimate(result) ? Math.log2(result.value) : NaN)

/**
 * Loss curves that need the published multiples of data: batch b reaches the loss of batch 2^6 at T when it has seen ratio(b, T) * T
 * tokens. Every curve follows the reference's L(ln T) exactly at those places.
 */
describe("a small transformer on dictionary text", () => {
  // One seed, eight learning rates; losses of batch 2^6 and the tokens that larger batches need for them, relative.
  const reference = [
    { tokens: 2 ** 15, loss: 2.502, needs: { 7: 1.44, 8: 2.06, 9: 2.75, 10: 3.32, 11: 4.5, 12: 8.2 } },
    { tokens: 2 ** 16, loss: 2.411, needs: { 7: 1.21, 8: 1.51, 9: 2.2, 10: 2.6, 11: 3.68, 12: 5.9 } },
    { tokens: 2 ** 17, loss: 2.314, needs: { 7: 1.11, 8: 1.18, 9: 1.68, 10: 2.11, 11: 2.81 } },
    { tokens: 2 ** 18, loss: 2.178, needs: { 8: 1.22, 9: 1.54, 10: 1.84 } },
  ] as const
  const curves: ReadonlyArray<LossCurve> = [6, 7, 8, 9, 10, 11, 12].map((octave) => {
    const points = reference.flatMap(({ tokens, loss, needs }) => {
      const ratio = octave === 6 ? 1 : (needs as Readonly<Record<number, number>>)[octave]
      return ratio === undefined ? [] : [{ tokens: ratio * tokens, loss }]
    })
    return { batch: 2 ** octave, tokens: points.map((p) => p.tokens), loss: points.map((p) => p.loss) }
  })

  it("has its 20 %-overhead batch at about 2^6.5, 2^7.0, 2^8.1 and 2^7.9", () => {
    const found = overheads(curves)
    expect(found.map((o) => o.tokens)).toEqual([2 ** 15, 2 ** 16, 2 ** 17, 2 ** 18])
    const expected = [6.5, 7, 8.1, 7.9]
    for (const [i, o] of found.entries()) expect(Math.abs(log2(o.batch) - expected[i])).toBeLessThan(0.06)
    expect(found[0].points[1].ratio).toBeCloseTo(1.44, 6)
    expect(found[0]).toMatchObject({ referenceBatch: 64, overhead: 0.2, targetLoss: 2.502 })
  })

  it("says where the reference may hide an overhead of its own", () => {
    const [first, , third] = overheads(curves)
    expect(isEstimate(first.batch) && first.batch.notes[0]).toMatch(/own overhead/)
    expect(isEstimate(third.batch) && third.batch.notes).toEqual([])
  })
})

const truth = { peakBatch: () => 1, peakEta: () => 1, dataBatch: () => 2000 }
const curveOf = (batch: number, horizons: ReadonlyArray<number>): LossCurve => ({
  batch,
  tokens: horizons,
  loss: horizons.map((t) => lossAt(truth, batch, t)),
})

describe("overheads", () => {
  it("recovers (1 + o) B_ref + o b/a where S = a + b/B, at any overhead", () => {
    const curves = octaves(6, 12).map((batch) => curveOf(batch, octaves(15, 20, 0.5)))
    for (const overhead of [0.1, 0.2, 0.5]) {
      const [at] = overheads(curves, { overhead })
      expect(isEstimate(at.batch) && at.batch.value / ((1 + overhead) * 64 + overhead * 2000)).toBeCloseTo(1, 2)
    }
  })

  it("implies the balance batch b/a, whatever the reference, and comes back from it", () => {
    for (const smallest of [5, 6, 7]) {
      const curves = octaves(smallest, 12).map((batch) => curveOf(batch, octaves(15, 20, 0.5)))
      const [at] = overheads(curves)
      const balance = balanceOf(at)
      expect(isEstimate(balance) && balance.value / 2000).toBeCloseTo(1, 1)
      expect(log2(fromBalance(balance, at))).toBeCloseTo(log2(at.batch), 12)
    }
    const [at] = overheads(octaves(6, 12).map((batch) => curveOf(batch, octaves(15, 20))))
    if (!isEstimate(at.batch)) throw new Error("no overhead batch")
    const { value } = at.batch
    const doubted = { ...at.batch, standardError: 0.01, interval: { low: 70, high: 1.1 * value, level: 0.9 } }
    const balance = balanceOf({ ...at, batch: doubted })
    // d ln q = d ln B * B / (B - 1.2 * 64); below 1.2 * 64 nothing is left.
    expect(isEstimate(balance) && balance.standardError).toBeCloseTo((0.01 * value) / (value - 76.8), 12)
    expect(isEstimate(balance) && balance.interval).toMatchObject({ low: 0, high: (1.1 * value - 76.8) / 0.2 })
    const back = fromBalance(balance, at)
    expect(isEstimate(back) && back.standardError).toBeCloseTo(0.01, 12)
  })

  it("holds the reference at one where noise lets a larger batch need less", () => {
    const loss = [3, 2]
    const curves = [1, 0.9, 1.3].map((ratio, i) => ({ batch: 64 * 2 ** i, tokens: [1000 * ratio, 9000 * ratio], loss }))
    const [at] = overheads(curves)
    expect(isEstimate(at.batch) && at.batch.value).toBeCloseTo(128 + 128 * (0.2 / 0.3), 4)
  })

  it("gives a bound where no batch costs that much, or the target is not reached", () => {
    const small = [64, 128, 256].map((batch) => curveOf(batch, octaves(15, 20)))
    expect(overheads(small, { overhead: 0.5 })[0].batch).toMatchObject({ reason: "not-reached", bound: { lower: 256 } })
    const last = overheads(small).at(-1)
    expect(last?.batch).toMatchObject({ reason: "not-reached", bound: { lower: 64 } })
    expect(last?.points[1]).toEqual({ batch: 128, tokens: undefined, ratio: undefined })
  })

  it("closes the bound from above where a batch runs out of horizon beyond the overhead", () => {
    const short = [curveOf(64, [2 ** 15]), curveOf(128, octaves(15, 17)), curveOf(16384, octaves(15, 17))]
    expect(overheads(short)[0].batch).toMatchObject({ reason: "not-reached", bound: { lower: 128, upper: 16384 } })
  })

  it("refuses a reference that is far above the result", () => {
    const large = [2 ** 14, 2 ** 16].map((batch) => curveOf(batch, octaves(15, 22)))
    expect(overheads(large)[0].batch).toMatchObject({ reason: "reference-too-large", bound: { upper: 2 ** 16 } })
  })

  it("says so with one batch, and is silent with none", () => {
    expect(overheads([curveOf(64, [1000])])[0].batch).toMatchObject({ reason: "too-few-batches" })
    expect(overheads([])).toEqual([])
  })
})

describe("lossCurves", () => {
  const estimate = (value: number): Estimate => ({
    _tag: "Estimate",
    value,
    scale: "linear",
    standardError: unavailable("not needed"),
    interval: undefined,
    n: 5,
    notes: [],
  })
  const cell = (batch: number, tokens: number, loss: Result, best?: number): Cell => ({
    width: 64,
    size: 0,
    average: "none",
    batch,
    tokens,
    best: best === undefined ? undefined : { eta: 0.01, loss: best },
    eta: loss,
    loss,
    curvature: loss,
    sensitivity: loss,
    parabola: undefined,
    points: [],
  })
  const none = (reason: Reason) => notIdentified(reason, "measure", 3)

  it("are one for each batch, both ascending, as numbers", () => {
    const cells = [
      cell(1000, 9000, estimate(2.5)),
      cell(64, 10000, estimate(2.4)),
      cell(64, 9000, estimate(2.6)),
      cell(1000, 10000, estimate(2.3)),
      cell(64, 800, estimate(3)),
    ]
    expect(lossCurves(cells)).toEqual([
      { batch: 64, tokens: [800, 9000, 10000], loss: [3, 2.6, 2.4] },
      { batch: 1000, tokens: [9000, 10000], loss: [2.5, 2.3] },
    ])
    expect(lossCurves([])).toEqual([])
  })

  it("take the loss at the minimum, else the lowest measured one of a tuned cell", () => {
    const loss = (found: Result, best?: number) => lossCurves([cell(64, 1000, found, best)])[0]?.loss[0]
    expect(loss(estimate(2.5), 2.4)).toBe(2.5)
    for (const reason of ["edge-high", "edge-low", "no-minimum", "two-minima"] as const)
      expect(loss(none(reason), 2.4)).toBe(2.4)
  })

  it("leave cells out that were not tuned, or whose every reading diverged", () => {
    const measured = cell(64, 2000, estimate(2.5))
    for (const reason of ["too-few-points", "not-measured"] as const)
      expect(lossCurves([cell(64, 1000, none(reason), 2.4), measured])).toEqual([
        { batch: 64, tokens: [2000], loss: [2.5] },
      ])
    expect(lossCurves([cell(64, 1000, none("edge-high"))])).toEqual([])
  })
})

/** A curve through the losses 3, 2, 1 at these tokens. */
const through = (batch: number, ...tokens: ReadonlyArray<number>): LossCurve => ({
  batch,
  tokens,
  loss: [3, 2, 1].slice(0, tokens.length),
})
const message = (result: Result) => (isEstimate(result) ? "" : result.message)

describe("where a curve meets the target", () => {
  it("is a measured horizon where it has the very loss, the first of several", () => {
    const equal = { batch: 128, tokens: [1000, 1100, 5000, 20000], loss: [3, 2, 2, 1] }
    const [first, second] = overheads([through(64, 1000, 4000), equal])
    expect(first.points[1]).toEqual({ batch: 128, tokens: 1000, ratio: 1 })
    expect(second.points[1]).toEqual({ batch: 128, tokens: 1100, ratio: 1100 / 4000 })
  })

  it("is nowhere where the curve starts below it or ends above it", () => {
    const below = { batch: 128, tokens: [1000, 4000], loss: [2.5, 0.5] }
    const [first, second] = overheads([through(64, 1000, 4000), below, { batch: 256, tokens: [1000], loss: [2.9] }])
    expect(first.points.map((p) => p.ratio)).toEqual([1, undefined, undefined])
    expect(second.points[1].ratio).toBeGreaterThan(0.25)
    expect(second.points[1].ratio).toBeLessThan(1)
    expect(second.points[2]).toEqual({ batch: 256, tokens: undefined, ratio: undefined })
  })

  it("is its own horizon for the reference, ripples and all", () => {
    const ripple = { batch: 64, tokens: [1000, 2000, 3000], loss: [3, 2.5, 2.6] }
    const found = overheads([ripple, through(128, 1500, 9000)])
    expect(found.map((o) => o.points[0])).toEqual([1000, 2000, 3000].map((tokens) => ({ batch: 64, tokens, ratio: 1 })))
  })

  it("lies where the curve without its ripples does", () => {
    // Losses 2.6 and 2.8 in the wrong order count as 2.7 twice, which a target of 2.7 meets at once.
    const ripple = { batch: 128, tokens: [1000, 2000, 3000, 9000], loss: [3, 2.6, 2.8, 1] }
    const [at] = overheads([{ batch: 64, tokens: [1500], loss: [2.7] }, ripple])
    expect(at.points[1].tokens).toBeCloseTo(2000, 6)
  })
})

describe("the batch of an overhead", () => {
  it("is on the line between its neighbours, and counts the batches that have a ratio", () => {
    const [at] = overheads([through(64, 1000, 9000), through(128, 1100, 9900), through(256, 1500, 13500)])
    expect(at).toMatchObject({ tokens: 1000, targetLoss: 3, overhead: 0.2 })
    const { batch } = at
    // Ratios 1.1 and 1.5: a quarter of the way from 128 to 256.
    expect(isEstimate(batch) && batch.value).toBeCloseTo(160, 9)
    expect(batch).toMatchObject({ scale: "log", n: 3, interval: undefined, standardError: { _tag: "Unavailable" } })
  })

  it("is a measured one that needs exactly so much", () => {
    const [at] = overheads([through(64, 1000), through(128, 1100), through(1024, 1250), through(2048, 9000)], {
      overhead: 0.25,
    })
    expect(isEstimate(at.batch) && at.batch.value).toBeCloseTo(1024, 9)
  })

  it("leaves a batch out that misses the target with less than that, and stops at one that misses it with more", () => {
    const short = through(256, 1000)
    const missing = (tokens: number): LossCurve => ({ batch: 512, tokens: [500, tokens], loss: [4, 3.1] })
    const large = through(1024, 2000)
    const [less] = overheads([through(64, 1000), short, missing(1199), large])
    expect(isEstimate(less.batch) && less.batch.value).toBeCloseTo(256 + 768 * 0.2, 9)
    const [just] = overheads([through(64, 1000), short, missing(1200), large])
    expect(just.batch).toMatchObject({ reason: "not-reached", bound: { lower: 256, upper: 512 }, points: 3 })
    expect(message(just.batch)).toMatch(/do not reach the loss that batch 2\^6 has/)
    // Behind the crossing it says nothing.
    const [behind] = overheads([through(64, 1000), through(256, 2000), { ...missing(5000), batch: 1024 }])
    expect(isEstimate(behind.batch) && behind.batch.value).toBeCloseTo(64 + 192 * 0.2, 9)
  })

  it("is out of reach of batches that all need less", () => {
    const [at] = overheads([through(64, 1000), through(128, 1010), through(256, 1100)])
    expect(at.batch).toEqual({
      _tag: "NotIdentified",
      reason: "not-reached",
      message: expect.stringMatching(/^No batch up to 2\^8 needs 20 % more data than 2\^6 at 1000 tokens/),
      points: 3,
      bound: { lower: 256 },
    })
    // A batch that was trained too briefly to say.
    const brief = { batch: 512, tokens: [900], loss: [3.5] }
    const [unknown] = overheads([through(64, 1000), through(128, 1010), brief])
    expect(unknown.batch).toMatchObject({ bound: { lower: 128 }, points: 2 })
    expect(message(unknown.batch)).toMatch(/^Batches above 2\^7 do not reach/)
  })

  it("names the smallest batch where there is no other", () => {
    const [at] = overheads([through(64, 1000)])
    expect(at.batch).toMatchObject({ reason: "too-few-batches", points: 1 })
    expect(message(at.batch)).toMatch(/^Only batch 2\^6 is measured/)
  })

  it("must be an overhead above zero", () => {
    for (const overhead of [0, -0.1, Number.NaN])
      expect(() => overheads([through(64, 1000)], { overhead })).toThrow(`overhead is ${overhead}`)
  })
})

describe("a reference that is not small", () => {
  // The second batch needs `ratio` times the data; balance batch (B - 1.2 * 64) / 0.2 with B = 64 + 64 * 0.2 / (ratio - 1).
  const at = (ratio: number) => overheads([through(64, 1000), through(128, 1000 * ratio)])[0].batch

  it("is refused above 200 % of its own overhead", () => {
    // Balance batch 32: B = 76.8 + 6.4 = 83.2, ratio - 1 = 12.8 / 19.2.
    const edge = 1 + 12.8 / 19.2
    expect(at(edge + 0.001)).toMatchObject({ reason: "reference-too-large", bound: { upper: 128 }, points: 2 })
    expect(isEstimate(at(edge - 0.001))).toBe(true)
  })

  it("is noted above the overhead that is sought", () => {
    // Balance batch 320: B = 140.8 > 128 needs a third batch.
    const three = (ratio: number) =>
      overheads([through(64, 1000), through(128, 1100), through(256, 1000 * ratio)])[0].batch
    // B = 128 + 128 * 0.1 / (ratio - 1.1) = 140.8 for a ratio of 2.1.
    const notes = (result: Result) => (isEstimate(result) ? result.notes : undefined)
    expect(notes(three(2.11))).toEqual([expect.stringMatching(/^The reference 2\^6 is itself not small.* 20 %/)])
    expect(notes(three(2.09))).toEqual([])
  })
})

describe("balance batches", () => {
  const overheadAt = (batch: Result) => ({ ...overheads([through(64, 1000), through(128, 1100)])[0], batch })
  const number: Estimate = {
    _tag: "Estimate",
    value: 176.8,
    scale: "log",
    standardError: unavailable("not needed"),
    interval: undefined,
    n: 3,
    notes: ["a note"],
  }

  it("leave out the notes of the overhead batch, and stay without doubt where it has none", () => {
    const balance = balanceOf(overheadAt(number))
    expect(balance).toMatchObject({ value: expect.closeTo(500, 9), notes: [], n: 3 })
    expect(balance).toMatchObject({ standardError: number.standardError, interval: undefined })
    const back = fromBalance(balance, { overhead: 0.2, referenceBatch: 64 })
    expect(back).toMatchObject({ value: expect.closeTo(176.8, 9), standardError: number.standardError })
    expect(back).toMatchObject({ interval: undefined })
  })

  it("have intervals that go both ways", () => {
    const interval = { low: 96.8, high: 276.8, level: 0.8 }
    const balance = balanceOf(overheadAt({ ...number, interval }))
    const ends = { low: expect.closeTo(100, 9), high: expect.closeTo(1000, 9), level: 0.8 }
    expect(balance).toMatchObject({ interval: ends })
    const back = fromBalance(balance, { overhead: 0.2, referenceBatch: 64 })
    expect(back).toMatchObject({
      interval: { low: expect.closeTo(96.8, 9), high: expect.closeTo(276.8, 9), level: 0.8 },
    })
  })

  it("drop the bound of what is not identified, which is one of another batch", () => {
    const bounded = notIdentified("not-reached", "train longer", 3, { lower: 128 })
    expect(balanceOf(overheadAt(bounded))).toEqual(notIdentified("not-reached", "train longer", 3))
    const bare = notIdentified("too-few-batches", "measure", 1)
    expect(balanceOf(overheadAt(bare))).toBe(bare)
    expect(fromBalance(bare, { overhead: 0.2, referenceBatch: 64 })).toBe(bare)
  })
})
