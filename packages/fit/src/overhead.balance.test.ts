import { describe, expect, it } from "vitest"
import { balanceOf, fromBalance, type LossCurve, overheads } from "./overhead.ts"
import { type Estimate, notIdentified, type Result, unavailable } from "./result.ts"

/** A curve through the losses 3, 2, 1 at these tokens. */
const through = (batch: number, ...tokens: ReadonlyArray<number>): LossCurve => ({
  batch,
  tokens,
  loss: [3, 2, 1].slice(0, tokens.length),
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
