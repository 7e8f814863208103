import { deepStrictEqual, strictEqual } from "node:assert"
import { test } from "node:test"
import { compare } from "./answers.ts"

const differenceOf = (ours: Parameters<typeof compare>[0], theirs: Parameters<typeof compare>[0]) =>
  compare(ours, theirs).map(({ difference }) => difference)

test("numbers differ relative to themselves, by the worst of them", () => {
  const [found] = compare({ x: { values: [1, 2.5] } }, { x: { values: [1, 2] } })
  deepStrictEqual(found, { name: "x", count: 2, ours: 2.5, theirs: 2, difference: 0.25 })
})

test("covariances differ relative to their standard deviations", () => {
  const rows = (correlation: number) => [
    [4, correlation],
    [correlation, 16],
  ]
  deepStrictEqual(differenceOf({ x: { covariance: rows(2) } }, { x: { covariance: rows(0) } }), [0.25])
})

test("numbers of one kind differ relative to a thousandth of the largest where they vanish", () => {
  deepStrictEqual(differenceOf({ x: { vector: [1024, 0.256] } }, { x: { vector: [1024, 0] } }), [0.25])
  deepStrictEqual(differenceOf({ x: { vector: [1024, 6] } }, { x: { vector: [1024, 4] } }), [0.5])
})

test("what one side leaves out, and what is no number, is no agreement", () => {
  const one = { x: { values: [1] } }
  strictEqual(differenceOf(one, {})[0], Infinity)
  strictEqual(differenceOf({}, one)[0], Infinity)
  strictEqual(differenceOf({ x: { values: [1, 1] } }, one)[0], Infinity)
  strictEqual(differenceOf({ x: { values: [NaN] } }, one)[0], Infinity)
  strictEqual(differenceOf({ x: { values: [] } }, { x: { values: [] } })[0], Infinity)
})
