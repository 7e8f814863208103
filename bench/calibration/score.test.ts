import assert from "node:assert/strict"
import { describe, it } from "node:test"
import { type Estimate, notIdentified } from "../../packages/fit/src/index.ts"
import { type StudyScore, scoreAnswer } from "./score.ts"
import { identifiability, pooled, shareOf, summarise } from "./summary.ts"

const estimate = (interval: Estimate["interval"]): Estimate => ({
  _tag: "Estimate",
  value: 2,
  scale: "log",
  standardError: 0.1,
  interval,
  n: 5,
  notes: [],
})

describe("scoreAnswer", () => {
  it("lets an estimate cover what its interval holds", () => {
    const answer = scoreAnswer(estimate({ low: 1, high: 4, level: 0.9 }), 3, "log")
    assert.deepEqual(answer, { kind: "estimate", covers: true, error: Math.log(2) - Math.log(3), width: Math.log(4) })
    assert.equal(scoreAnswer(estimate({ low: 1, high: 4, level: 0.9 }), 5, "log").covers, false)
  })

  it("gives a half-open interval no width", () => {
    const answer = scoreAnswer(estimate({ low: 0, high: 4, level: 0.9 }), 3, "log")
    assert.equal(answer.covers, true)
    assert.equal(answer.width, undefined)
  })

  it("holds a bound to what it says", () => {
    const above = notIdentified("peak-above", "", 5, { lower: 8, level: 0.95 })
    assert.deepEqual(scoreAnswer(above, 9, "log"), { kind: "bound", covers: true })
    assert.deepEqual(scoreAnswer(above, 7, "log"), { kind: "bound", covers: false })
    const below = notIdentified("peak-below", "", 5, { upper: 8 })
    assert.deepEqual(scoreAnswer(below, 9, "log"), { kind: "bound", covers: false })
  })

  it("counts what says nothing apart", () => {
    const empty = { kind: "empty", covers: true }
    assert.deepEqual(scoreAnswer(undefined, 9, "log"), empty)
    assert.deepEqual(scoreAnswer(notIdentified("flat", "", 5), 9, "log"), empty)
    assert.deepEqual(scoreAnswer(estimate(undefined), 9, "linear"), { ...empty, error: -7 })
  })
})

describe("summarise", () => {
  const said = (covers: boolean) => ({ kind: "estimate", covers, error: 0.1, width: 0.5 }) as const
  const score = (covers: ReadonlyArray<boolean>, deviation: number, identified: boolean): StudyScore => ({
    answers: { alpha_B: [said(true)], B_crit: covers.map(said), "eta*": [said(true)], "eta at 8 T": [said(true)] },
    horizons: [{ deviation, identified }],
    noise: 1,
    shared: 0.5,
    seconds: 1,
  })

  it("counts each study once, however many answers it gives", () => {
    const scores = [score([true], 0.1, true), score([false, false, true, false], 0.1, true)]
    const { coverage } = summarise("", scores).quantities.B_crit
    assert.deepEqual(coverage, { value: (1 + 1 / 4) / 2, standardError: 3 / 8 })
    assert.equal(summarise("", scores).coverage.value, (1 + (3 + 1 / 4) / 4) / 2)
  })

  it("has the standard error of a mean", () => {
    // Of 1, 2, 3, 4: variance 5/3 over 4.
    assert.deepEqual(shareOf([1, 2, NaN, 3, 4]), { value: 2.5, standardError: Math.sqrt(5 / 12) })
  })

  it("pools scenarios with equal weight", () => {
    const one = summarise("one", [score([true], 0.1, true), score([true], 0.1, true)])
    const other = summarise("other", [score([false], 0.1, true), score([true], 0.1, true)])
    const { value, standardError } = pooled([one, other])
    assert.equal(value, (1 + 7 / 8) / 2)
    assert.ok(Math.abs(standardError - 1 / 8 / 2) < 1e-12)
  })

  it("groups horizons by what could be known, and counts who says that it is not", () => {
    const groups = identifiability([
      score([true], 0.3, true),
      score([true], 0.3, false),
      score([true], 1, true),
      score([true], Infinity, false),
    ])
    assert.deepEqual(
      groups.map((g) => [g.horizons, g.notIdentified]),
      [
        [2, 0.5],
        [1, 0],
        [1, 1],
      ],
    )
  })
})
