import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { DurationError, parseDuration, ScheduleError, tokens } from "./index.ts"

const context = { batch: 256, sequence: 64, horizon: 100_000 }

describe("parseDuration", () => {
  it.each([
    [8192, 8192],
    [0, 0],
    ["8192", 8192],
    ["1 token", 1],
    ["2^13 tokens", 8192],
    ["2^13", 8192],
    ["2^13.5 tokens", 11585],
    ["10_000 tokens", 10_000],
    ["1e6 tokens", 1_000_000],
    ["1.5M tokens", 1_500_000],
    ["1.1M", 1_100_000],
    ["20B tokens", 20_000_000_000],
    ["3k tokens", 3000],
    ["  64 steps ", 64 * 256],
    ["2^6 steps", 64 * 256],
    ["32 sequences", 32 * 64],
    ["10%", 10_000],
    ["12.5 %", 12_500],
    ["0.0004%", 0],
    ["100%", 100_000],
  ])("%j is %d tokens", (text, expected) => {
    expect(parseDuration(text, context)).toBe(expected)
  })

  it("counts steps by the batch schedule", () => {
    const pieces = [
      { from: 0, tokens: 100 },
      { from: 200, tokens: 1000 },
    ]
    expect(parseDuration("4 steps", { batch: { kind: "steps", pieces } })).toBe(2200)
  })

  it("reads back any whole number of tokens", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (count) => {
        expect(parseDuration(`${count} tokens`)).toBe(count)
        expect(parseDuration(count)).toBe(count)
      }),
    )
  })

  it.each([
    ["64 steps", "batch"],
    ["10%", "horizon"],
    ["3 sequences", "sequence"],
  ] as const)("%j without its context names what is missing: %s", (text, missing) => {
    try {
      parseDuration(text)
      expect.unreachable()
    } catch (error) {
      expect(error).toBeInstanceOf(DurationError)
      expect(error).toMatchObject({ text, missing })
      expect((error as Error).message).toContain(`needs the ${missing}; give the duration in tokens`)
    }
  })

  it.each([
    ["", "not understood"],
    ["ten tokens", "not understood"],
    ["-5 tokens", "not understood"],
    ["5 tokens later", "not understood"],
    [-5, "not understood"],
    [Number.NaN, "not understood"],
    ["5 minutes", `unknown unit "minutes"`],
    ["1.5 tokens", "1.5 is not a whole number of tokens"],
    [0.1, `for a share of the horizon write "10%"`],
    ["2.5 steps", "not a whole number of steps"],
    ["2^60 tokens", "more than 2^53 - 1"],
    [Number.POSITIVE_INFINITY, "more than 2^53 - 1"],
  ])("refuses %j: %s", (text, message) => {
    expect(() => parseDuration(text, context)).toThrow(DurationError)
    expect(() => parseDuration(text, context)).toThrow(message)
  })

  it("refuses a context that makes no sense", () => {
    expect(() => parseDuration("2 steps", { batch: 0 })).toThrow(ScheduleError)
    expect(() => parseDuration("10%", { horizon: -1 })).toThrow(ScheduleError)
    expect(() => parseDuration("2 sequences", { sequence: 0.5 })).toThrow(ScheduleError)
  })
})

describe("tokens", () => {
  it("is the number itself, checked", () => {
    expect(tokens(8192)).toBe(8192)
    expect(() => tokens(0.5)).toThrow("tokens is 0.5; it must be a whole number of tokens, 0 or more")
  })
})
