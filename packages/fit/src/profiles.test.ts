import { expect, it } from "vitest"
import { profiles } from "./profiles.ts"
import type { Row } from "./row.ts"

const row = (change: Partial<Row>): Row => ({
  runId: "a",
  seed: 1,
  tokens: 1000,
  batch: 10,
  eta: 0.01,
  width: 64,
  average: "none",
  loss: 2.5,
  status: "finished",
  provenance: {},
  ...change,
})

it("groups by model, average, batch and horizon, sorted, and nothing else", () => {
  const found = profiles([
    row({ batch: 20 }),
    row({ eta: 0.02, seed: 7 }),
    row({ average: "ewa:0.99" }),
    row({ tokens: 2000 }),
    row({ width: 32 }),
    row({ size: 5 }),
    row({}),
  ])
  expect(found.map((p) => [p.width, p.size, p.average, p.batch, p.tokens, p.rows])).toEqual([
    [32, 0, "none", 10, 1000, [4]],
    [64, 0, "ewa:0.99", 10, 1000, [2]],
    [64, 0, "none", 10, 1000, [1, 6]],
    [64, 0, "none", 10, 2000, [3]],
    [64, 0, "none", 20, 1000, [0]],
    [64, 5, "none", 10, 1000, [5]],
  ])
})

it("counts a profile of fewer than 64 steps after warmup as not measured", () => {
  const of = (...rows: ReadonlyArray<Partial<Row>>) => {
    const [{ measured, stepsAfterWarmup }] = profiles(rows.map(row))
    return { measured, stepsAfterWarmup }
  }
  expect(of({ steps: 100, warmupSteps: 37 })).toEqual({ measured: false, stepsAfterWarmup: 63 })
  expect(of({ steps: 100, warmupSteps: 36 })).toEqual({ measured: true, stepsAfterWarmup: 64 })
  expect(of({ steps: 64 })).toEqual({ measured: true, stepsAfterWarmup: 64 })
  expect(of({})).toEqual({ measured: true, stepsAfterWarmup: undefined })
  // A run that diverged stopped early and says nothing about the others.
  expect(of({ steps: 100 }, { steps: 5, status: "diverged", loss: NaN })).toEqual({
    measured: true,
    stepsAfterWarmup: 100,
  })
})
