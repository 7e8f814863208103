import { notIdentified } from "@ts/fit"
import { describe, expect, it } from "vitest"
import { fixed, plusMinus, withError } from "./error.ts"
import { natsText } from "./nats.ts"
import { cellText, intervalText, log2, power, reasonWord } from "./result.ts"
import { powerOfTwo, tokensLabel, tokensRange } from "./tokens.ts"

describe("tokensLabel", () => {
  it.each([
    [64, "2^6"],
    [2 ** 20, "2^20"],
    [1_500_000, "1.5M"],
    [2e9, "2B"],
    [102_400, "102.4k"],
    [98_304, "2^16.58"],
    [8, "8"],
    [0, "0"],
  ])("writes %d tokens as %s", (tokens, text) => expect(tokensLabel(tokens)).toBe(text))

  it("joins neighbours and lists others", () => {
    const all = [64, 128, 256, 512]
    expect(tokensRange([64, 128, 256], all)).toBe("2^6 … 2^8")
    expect(tokensRange([64, 256, 512], all)).toBe("2^6, 2^8, 2^9")
    expect(tokensRange([64, 128], all)).toBe("2^6, 2^7")
  })

  it("keeps a fitted value's decimals", () => {
    expect(powerOfTwo(2 ** 6.51)).toBe("2^6.5")
    expect(powerOfTwo(512)).toBe("2^9")
  })
})

describe("withError", () => {
  it.each([
    [-8.83, 0.1, "-8.8(1)"],
    [-8.83, 0.096, "-8.8(1)"],
    [-8.831, 0.034, "-8.83(3)"],
    [-8.83, 2.4, "-9(2)"],
    [-8.83, 23, "-9(23)"],
    [0.47, 0.00001, "0.470(1)"],
    [-0.01, 0.4, "0.0(4)"],
  ])("%d with error %d is %s", (value, error, text) => expect(withError(value, error)).toBe(text))

  it("says that an error is unknown", () => expect(withError(-8.83, undefined)).toBe("-8.8(?)"))

  it("writes slopes with their sign", () => {
    expect(plusMinus(0.234, 0.1)).toBe("+0.23 ± 0.10")
    expect(plusMinus(-0.001, 0.06)).toBe("0.00 ± 0.06")
    expect(plusMinus(0.2, undefined)).toBe("+0.20, error unknown")
    expect(fixed(-0.0001, 2)).toBe("0.00")
  })

  it("keeps two digits of small losses", () => {
    expect(natsText(0.009)).toBe("0.0090")
    expect(natsText(0)).toBe("0")
  })
})

describe("results", () => {
  it("has a word without a digit for every reason", () => {
    for (const word of Object.values(reasonWord)) {
      expect(word).not.toMatch(/\d/)
      expect(word.length).toBeLessThanOrEqual(15)
    }
  })

  it("writes a bound as an inequality and never a bound of a two-sided reason as a number", () => {
    expect(cellText(notIdentified("edge-high", "m", 3, { lower: 2 ** -5 }), log2)).toBe("≥ -5.0")
    expect(cellText(notIdentified("peak-above", "m", 3, { lower: 2 ** 11.6 }), power)).toBe("≥ 2^11.6")
    expect(cellText(notIdentified("two-minima", "m", 3, { lower: 1, upper: 2 }), log2)).toBe("two minima")
    expect(cellText(notIdentified("edge-low", "m", 3), log2)).toBe("edge")
  })

  it("writes no bound where it says nothing", () => {
    expect(cellText(notIdentified("not-reached", "m", 3, { lower: 0 }), power)).toBe("not reached")
    expect(cellText(notIdentified("peak-above", "m", 3, { upper: Infinity }), power)).toBe("beyond")
    expect(cellText(notIdentified("peak-above", "m", 3, { lower: 0, upper: 256 }), power)).toBe("≤ 2^8")
  })

  it("says half-open intervals as such, and adds digits where the ends coincide", () => {
    expect(intervalText({ low: 0, high: 256, level: 0.9 }, power)).toBe("90 %: below 2^8")
    expect(intervalText({ low: 256, high: Infinity, level: 0.9 }, power)).toBe("90 %: above 2^8")
    expect(intervalText({ low: 0, high: Infinity, level: 0.9 }, power)).toBe("90 %: unbounded")
    expect(intervalText({ low: 2 ** -7.12, high: 2 ** -7.09, level: 0.95 }, power)).toBe("95 %: 2^-7.12 … 2^-7.09")
    expect(intervalText(undefined, power)).toBe("interval unknown")
  })
})
