import { describe, expect, it } from "vitest"
import { isLooseCount, numberIn } from "./number.ts"

describe("numberIn", () => {
  it.each([
    ["3e-4", 3e-4],
    [" 3.00E-04 ", 3e-4],
    ["0.0003", 3e-4],
    ["1,048,576", 2 ** 20],
    ["1_048_576", 2 ** 20],
    ["1 048 576", 2 ** 20],
    ["1'048'576.5", 2 ** 20 + 0.5],
    ["NaN", NaN],
    ["diverged", NaN],
  ])("%j is %d in any field", (text, value) => {
    expect(numberIn(text)).toBe(value)
    expect(numberIn(text, true)).toBe(value)
  })

  it.each([
    ["512k", 512_000],
    ["0.5M", 500_000],
    ["4.1M", 4_100_000],
    ["125m", 125e6],
    ["20B", 20e9],
    ["1.5 G", 1.5e9],
    ["2T", 2e12],
    ["512Ki", 2 ** 19],
    [".5Mi", 2 ** 19],
    ["65,536", 65_536],
    ["2^19", 2 ** 19],
    ["2**19", 2 ** 19],
  ])("%j is %d where it counts something, and no number elsewhere", (text, value) => {
    expect(numberIn(text, true)).toBe(value)
    expect(numberIn(text)).toBeUndefined()
  })

  it.each([
    "5%",
    "0,001",
    "0,5",
    "1,5",
    "1.048.576",
    "12,34,567",
    "1,0485,76",
    "10 00",
    "k",
    "3e5k",
    "5 kB",
    "-5k",
    "fast",
  ])("%j is no number", (text) => {
    expect(numberIn(text)).toBeUndefined()
    expect(numberIn(text, true)).toBeUndefined()
  })

  it("knows suffixes that may be meant as powers of two", () => {
    expect(["512k", "0.5M", "0.5 m"].every(isLooseCount)).toBe(true)
    expect(["20B", "512Ki", "512", "x", 512].some(isLooseCount)).toBe(false)
  })
})
