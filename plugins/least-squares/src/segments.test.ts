import { factor, type LrSchedule, steps } from "@ts/schedule"
import { describe, expect, it } from "vitest"
import { descent } from "./descent.ts"
import { defaultCutting, merged, type Stepping, segmentsOf } from "./segments.ts"

const horizon = 10_000
const warmup = 640
const schedules: ReadonlyArray<LrSchedule> = [
  { kind: "constant" },
  { kind: "constant_with_warmup", warmup },
  { kind: "warmup_stable_decay", warmup, decayStart: 7000, horizon, shape: "1-sqrt", minRatio: 0.1 },
  { kind: "cosine", warmup, horizon, minRatio: 0 },
  { kind: "linear", warmup: 0, horizon },
  { kind: "power", warmup, knee: 2000, exponent: -0.5 },
  { kind: "power", warmup, knee: 100, exponent: -0.5 },
]
const batches: ReadonlyArray<Stepping["batch"]> = [
  { kind: "constant", tokens: 16 },
  {
    kind: "steps",
    pieces: [
      { from: 0, tokens: 16 },
      { from: 5000, tokens: 70 },
    ],
  },
  { kind: "power", coefficient: 0.5, exponent: 0.5, min: 10, max: 60, multiple: 10 },
]

describe("segments", () => {
  it.each(schedules.flatMap((schedule) => batches.map((batch) => ({ schedule, batch }))))(
    "are the run's steps one by one, each with its step size: %j",
    ({ schedule, batch }) => {
      const found = segmentsOf({ eta: 0.5, schedule, batch }, 0, 12_000)
      const each = found.flatMap(({ steps, gamma, batch }) => Array.from({ length: steps }, () => ({ gamma, batch })))
      const expected = [...steps(batch, 12_000)]
      expect(each.map(({ batch }) => batch)).toEqual(expected.map(({ batch }) => batch))
      each.forEach(({ gamma }, i) => {
        expect(gamma).toBeCloseTo(0.5 * factor(schedule, expected[i]!.end), 12)
      })
    },
  )

  it("are few where the step is constant, and the same however a run is cut", () => {
    const spec: Stepping = { eta: 1, schedule: { kind: "constant_with_warmup", warmup: 64 }, batch: batches[0]! }
    const whole = merged(segmentsOf(spec, 0, 2 ** 40))
    expect(whole.length).toBe(4)
    const cut = merged([...segmentsOf(spec, 0, 2 ** 20), ...segmentsOf(spec, 2 ** 20, 2 ** 40)])
    expect(cut).toEqual(whole)
  })

  it.each<LrSchedule>([
    { kind: "linear", warmup: 0, horizon: 2 ** 18 },
    { kind: "cosine", warmup: 0, horizon: 2 ** 18, minRatio: 0 },
    { kind: "constant_with_warmup", warmup: 2 ** 18 },
    { kind: "power", warmup: 0, knee: 2 ** 13, exponent: -0.5 },
  ])("of a long ramp or decay give risks and averages to 1e-6: %j", (schedule) => {
    const problem = { a: 1.2, b: 4, modes: 20, sigma: 1, signal: 1 }
    const spec: Stepping = { eta: 1.2, schedule, batch: { kind: "constant", tokens: 4 } }
    const risks = (exactSteps: number) => {
      const d = descent(problem)
      const averages = [d.average(), d.average(0.999)]
      const segments = segmentsOf(spec, 0, 2 ** 18, { ...defaultCutting, exactSteps })
      d.advance(segments)
      expect(d.steps()).toBe(2 ** 16)
      return { count: segments.length, risks: [d.risk(), ...averages.map((risk) => risk())] }
    }
    const [coarse, fine] = [risks(defaultCutting.exactSteps), risks(2 ** 30)]
    expect(fine.count).toBeGreaterThan(1.3 * coarse.count)
    coarse.risks.forEach((risk, i) => {
      expect(Math.abs(risk / fine.risks[i]! - 1)).toBeLessThan(1e-6)
    })
  })
})
