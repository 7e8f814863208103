import type { Row } from "@ts/fit"
import { describe, expect, it } from "vitest"
import type { Line, Reading, Trunk } from "./line.ts"
import type { Layout } from "./profile.ts"
import { proposer } from "./propose.ts"
import { lawFor, type Question } from "./question.ts"

const layout: Layout = { spread: 1.75, step: 0.5, firstSeed: 1 }
const question: Question = { exponent: "peak", within: 0.1 }
const line = (batch: number, start = -8): Line => ({ batch, horizons: [2 ** 20, 2 ** 21, 2 ** 22], warmup: 0, start })

/** Losses of trunks, without noise. */
const readAll = (
  lines: ReadonlyArray<Line>,
  trunks: ReadonlyArray<Trunk>,
  loss: (x: number, line: Line, tokens: number) => number,
): ReadonlyArray<Reading> =>
  trunks.flatMap(({ line: i, eta, seed, until }) =>
    lines[i]!.horizons.filter((tokens) => tokens <= until).map((tokens): Reading => {
      const value = loss(Math.log2(eta), lines[i]!, tokens)
      const row: Row = {
        runId: `${i} ${eta} ${seed}`,
        seed,
        tokens,
        batch: lines[i]!.batch,
        eta,
        width: 64,
        average: "none",
        loss: value,
        status: Number.isNaN(value) ? "diverged" : "finished",
        provenance: {},
      }
      return { line: i, row }
    }),
  )

const next = (lines: ReadonlyArray<Line>, readings: ReadonlyArray<Reading>) => {
  const law =
    readings.length === 0
      ? undefined
      : lawFor(
          question,
          readings.map(({ row }) => row),
        )
  const round = proposer({ lines, readings, law }, layout, question).propose()
  if ("reason" in round) throw new Error(round.why)
  return round.trunks
}

describe("an adaptive study proposes", () => {
  it("the shortest horizon of every batch that has the steps, about the guess", () => {
    const lines = [line(2 ** 10), line(2 ** 15)]
    const trunks = next(lines, [])
    expect(new Set(trunks.map((t) => `${t.line} ${t.until}`))).toEqual(new Set(["0 1048576"]))
    expect(trunks.map((t) => Math.log2(t.eta))).toEqual(expect.arrayContaining([-8]))
    expect(trunks).toHaveLength(5)
  })

  it("rates beyond the edge until the minimum lies inside, for each batch by itself", () => {
    const lines = [line(2 ** 10), line(2 ** 11)]
    const optimum = [-14, -8]
    let readings: ReadonlyArray<Reading> = []
    for (let round = 0; round < 12; round++) {
      const trunks = next(lines, readings)
      if (trunks.some(({ until }) => until > 2 ** 20)) break
      readings = [...readings, ...readAll(lines, trunks, (x, l) => 2 + 0.02 * (x - optimum[lines.indexOf(l)]!) ** 2)]
    }
    const rates = readings.filter(({ line: i }) => i === 0).map(({ row }) => Math.log2(row.eta))
    expect(Math.min(...rates)).toBeLessThan(-15)
    expect(readings.filter(({ line: i }) => i === 1)).toHaveLength(5)
  })

  it("the next horizon about the optima of the one before, extending trunks that are there", () => {
    const lines = [line(2 ** 10)]
    let readings: ReadonlyArray<Reading> = []
    let trunks = next(lines, readings)
    while (trunks.every(({ until }) => until === 2 ** 20)) {
      readings = [...readings, ...readAll(lines, trunks, (x) => 2 + 0.02 * (x + 8.3) ** 2)]
      trunks = next(lines, readings)
    }
    const known = new Set(readings.map(({ row }) => row.eta))
    expect(trunks.every(({ until }) => until === 2 ** 21)).toBe(true)
    expect(trunks.filter(({ eta }) => known.has(eta)).length).toBeGreaterThanOrEqual(4)
    const rates = trunks.map(({ eta }) => Math.log2(eta))
    expect((Math.min(...rates) + Math.max(...rates)) / 2).toBeCloseTo(-8.3, 0)
  })

  it("another seed of a profile with two minima before anything is built on it", () => {
    const lines = [line(2 ** 10)]
    const two = (x: number) => 2 + 0.01 * Math.min((x + 10.9) ** 2, (x + 5.1) ** 2)
    const trunks = [-12, -11, -10, -9, -8, -7, -6, -5, -4].map(
      (x): Trunk => ({ line: 0, eta: 2 ** x, seed: 1, until: 2 ** 20 }),
    )
    const proposed = next(lines, readAll(lines, trunks, two))
    expect(proposed).toHaveLength(trunks.length)
    expect(new Set(proposed.map(({ seed }) => seed))).toEqual(new Set([2]))
  })
})
