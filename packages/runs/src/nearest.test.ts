import { expect, it } from "vitest"
import { columnsSentence, editDistance, nearestNames } from "./nearest.ts"

it("counts edits", () => {
  // The textbook pairs of Levenshtein's distance.
  expect(editDistance("kitten", "sitting")).toBe(3)
  expect(editDistance("saturday", "sunday")).toBe(3)
  expect(editDistance("", "abc")).toBe(3)
  expect(editDistance("same", "same")).toBe(0)
})

it("finds names that differ in case, punctuation, a prefix or few letters", () => {
  const names = ["Learning Rate", "lr_peak", "val/loss", "config.lr", "seed"]
  expect(nearestNames("learning_rate", names)).toEqual(["Learning Rate"])
  expect(nearestNames("lr", names)).toEqual(["lr_peak", "config.lr"])
  expect(nearestNames("val_los", names)).toEqual(["val/loss"])
  expect(nearestNames("sede", names)).toEqual([])
  expect(nearestNames("seeds", names)).toEqual(["seed"])
})

it("lists no more columns than one can read", () => {
  const names = Array.from({ length: 100 }, (_, k) => `column ${k}`)
  expect(columnsSentence("zzz", names)).toMatch(/"column 39" and 60 more$/)
})
