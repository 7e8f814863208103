import { describe, expect, it } from "vitest"
import { type LossCurve, overheads } from "./overhead.ts"
import { isEstimate, type Result } from "./result.ts"

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
