import { describe, expect, it } from "vitest"
import { lossAt, octaves } from "../test/simulate.ts"
import { balanceOf, fromBalance, type LossCurve, overheads } from "./overhead.ts"
import { isEstimate, type Result } from "./result.ts"

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
