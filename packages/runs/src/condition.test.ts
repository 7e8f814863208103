import { describe, expect, it } from "vitest"
import { parseCondition } from "./condition.ts"

const names = ["topk", "N", "Na/N", "smooth loss", "in", "arch", "arch in use"]
const meets = (text: string, ...cells: ReadonlyArray<string | number | boolean | null>) => {
  const condition = parseCondition(text, names)
  return cells.filter(condition.meets)
}

describe("parseCondition", () => {
  it("compares numbers as numbers, however they are written, and anything else as text", () => {
    expect(meets("topk = 2", 2, "2", " 2.0 ", "2e0", "20", "two", null)).toEqual([2, "2", " 2.0 ", "2e0"])
    expect(meets("topk==2", "2", "3")).toEqual(["2"])
    expect(meets("arch = dense", "dense", "Dense", "dense ")).toEqual(["dense", "dense "])
    expect(meets('arch = "a, b"', "a, b", "a")).toEqual(["a, b"])
    expect(meets("arch = true", true, "true", false)).toEqual([true, "true"])
    // What is no number equals no number.
    expect(meets("arch = moe", "dense", "nan")).toEqual([])
  })

  it("takes bounds, negations and lists", () => {
    expect(meets("N < 1e9", 5e8, "1e9", 2e9, "many")).toEqual([5e8])
    expect(meets("N <= 1e9", "1e9", 1000000001)).toEqual(["1e9"])
    expect(meets("N > 1", 1, 2)).toEqual([2])
    expect(meets("N >= 1", 1, 0)).toEqual([1])
    expect(meets("topk != 2", 1, "2", "x")).toEqual([1, "x"])
    expect(meets("topk <> 2", 1, "2")).toEqual([1])
    for (const list of ["1, 2", "[1, 2]", "(1,2)", "1 , '2'"])
      expect(meets(`topk in ${list}`, 1, "2", 3)).toEqual([1, "2"])
    expect(meets("arch in 'a, b', c", "a, b", "c", "a")).toEqual(["a, b", "c"])
  })

  it("is met by no blank cell", () => {
    for (const text of ["topk != 2", "topk < 2", "topk = 2"]) expect(meets(text, "", null, "n/a")).toEqual([])
  })

  it("reads names that hold spaces and operators, the longest that fits", () => {
    expect(parseCondition("Na/N = 0.1", names).column).toBe("Na/N")
    expect(parseCondition("smooth loss < 3", names).column).toBe("smooth loss")
    expect(parseCondition("arch in use = 1", names).column).toBe("arch in use")
    expect(parseCondition("in in 1, 2", names).column).toBe("in")
  })

  it("says what is wrong", () => {
    expect(() => parseCondition("Topk = 2", names)).toThrow(
      /--where "Topk = 2": there is no column "Topk"; .*nearest: "topk"/,
    )
    expect(() => parseCondition("topk", names)).toThrow('compare a column with a value, as "topk = 2"')
    expect(() => parseCondition("topk = ", names)).toThrow('a value is missing after "="')
    expect(() => parseCondition("topk in 1,,2 ,", names)).not.toThrow()
    expect(() => parseCondition("topk in ", names)).toThrow('a value is missing after "in"')
    expect(() => parseCondition("N < many", names)).toThrow('"many" is not a number, and "<" compares numbers')
  })
})
