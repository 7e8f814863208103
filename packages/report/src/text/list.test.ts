import { describe, expect, it } from "vitest"
import { listLines } from "./list.ts"

const rows = [
  ["law", "says", "meaning"],
  ["Step Law", "eta = 1", "lowest loss at a size and a number of tokens"],
  ["Linear rule", "eta = 2", ""],
]

describe("rows of words", () => {
  it("have their last column wrapped beside the others where there is room", () => {
    expect(listLines(rows, 50)).toEqual([
      "law          says     meaning",
      "Step Law     eta = 1  lowest loss at a size and a",
      "                      number of tokens",
      "Linear rule  eta = 2",
    ])
  })

  it("have it below where there is little", () => {
    expect(listLines(rows, 40)).toEqual([
      "law          says",
      "    meaning",
      "Step Law     eta = 1",
      "    lowest loss at a size and a number",
      "    of tokens",
      "Linear rule  eta = 2",
    ])
  })
})
