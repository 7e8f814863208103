import fc from "fast-check"
import { describe, expect, it } from "vitest"
import {
  type BatchSchedule,
  nextBatch,
  roundToStep,
  ScheduleError,
  steps,
  stepsUntil,
  stretches,
  tokensAfter,
} from "./index.ts"

const batch = fc.integer({ min: 16, max: 2000 })
const anySchedule: fc.Arbitrary<BatchSchedule> = fc.oneof(
  batch.map((tokens): BatchSchedule => ({ kind: "constant", tokens })),
  fc
    .tuple(batch, fc.array(fc.tuple(fc.integer({ min: 1, max: 20_000 }), batch), { maxLength: 4 }))
    .map(([first, rest]): BatchSchedule => {
      const pieces = [{ from: 0, tokens: first }]
      for (const [gap, tokens] of rest) pieces.push({ from: pieces.at(-1)!.from + gap, tokens })
      return { kind: "steps", pieces }
    }),
  fc
    .record({
      coefficient: fc.double({ min: 0.1, max: 50, noNaN: true }),
      exponent: fc.double({ min: -1, max: 1, noNaN: true }),
      multiple: fc.constantFrom(1, 16, 64),
      low: fc.integer({ min: 1, max: 10 }),
      more: fc.integer({ min: 0, max: 50 }),
    })
    .map(
      ({ coefficient, exponent, multiple, low, more }): BatchSchedule => ({
        kind: "power",
        coefficient,
        exponent,
        multiple,
        min: multiple * low * 16,
        max: multiple * (low * 16 + more),
      }),
    ),
)
const until = fc.integer({ min: 0, max: 100_000 })

describe("steps", () => {
  it("tile the tokens exactly, each with the batch of its start", () => {
    fc.assert(
      fc.property(anySchedule, until, (schedule, until) => {
        let end = 0
        let index = 0
        for (const step of steps(schedule, until)) {
          expect(step.index).toBe(++index)
          expect(step.start).toBe(end)
          expect(step.start).toBeLessThan(until)
          expect(step.batch).toBe(nextBatch(schedule, step.start))
          expect(step.end).toBe(step.start + step.batch)
          end = step.end
        }
        expect(end).toBeGreaterThanOrEqual(until)
      }),
    )
  })

  it("are the stretches of a run, and of a branch that starts at any token, cut where the batch changes", () => {
    fc.assert(
      fc.property(anySchedule, until, until, (schedule, from, until) => {
        const batches: Array<number> = []
        let end = from
        for (; end < until; end += batches.at(-1)!) batches.push(nextBatch(schedule, end))
        const found = stretches(schedule, until, from)
        expect(found.flatMap(({ batch, steps }) => Array<number>(steps).fill(batch))).toEqual(batches)
        found.forEach((stretch, i) => {
          expect(stretch.start).toBe(i === 0 ? from : found[i - 1]!.end)
          expect(stretch.end - stretch.start).toBe(stretch.steps * stretch.batch)
        })
        expect(roundToStep(schedule, until, from)).toBe(end)
        expect(stepsUntil(schedule, until, from)).toBe(batches.length)
      }),
    )
  })

  it("agree with stepsUntil, roundToStep and tokensAfter, which jump", () => {
    fc.assert(
      fc.property(anySchedule, until, (schedule, until) => {
        const all = [...steps(schedule, until)]
        expect(stepsUntil(schedule, until)).toBe(all.length)
        expect(roundToStep(schedule, until)).toBe(all.at(-1)?.end ?? 0)
        expect(tokensAfter(schedule, all.length)).toBe(all.at(-1)?.end ?? 0)
        if (all.length > 0) expect(tokensAfter(schedule, all.length - 1)).toBe(all.at(-1)!.start)
      }),
      { numRuns: 300 },
    )
  })

  it("of a shorter run are the first of a longer one", () => {
    fc.assert(
      fc.property(anySchedule, until, until, (schedule, a, b) => {
        const short = [...steps(schedule, Math.min(a, b))]
        expect([...steps(schedule, Math.max(a, b))].slice(0, short.length)).toEqual(short)
      }),
    )
  })

  it("can be walked twice", () => {
    const walk = steps({ kind: "constant", tokens: 64 }, 128)
    expect([...walk]).toEqual([...walk])
    expect([...walk]).toHaveLength(2)
  })
})

describe("roundToStep", () => {
  it("is the first boundary at or after T", () => {
    const schedule: BatchSchedule = { kind: "constant", tokens: 100 }
    expect([0, 1, 99, 100, 101].map((T) => roundToStep(schedule, T))).toEqual([0, 100, 100, 100, 200])
    fc.assert(
      fc.property(anySchedule, until, (schedule, T) => {
        const boundary = roundToStep(schedule, T)
        expect(boundary).toBeGreaterThanOrEqual(T)
        expect(roundToStep(schedule, boundary)).toBe(boundary)
      }),
    )
  })

  it("takes no longer for a long run", () => {
    expect(stepsUntil({ kind: "constant", tokens: 64 }, 2 ** 50)).toBe(2 ** 44)
    const ramp: BatchSchedule = { kind: "power", coefficient: 1, exponent: 0.4, min: 256, max: 4096, multiple: 256 }
    const started = performance.now()
    expect(roundToStep(ramp, 2 ** 50)).toBeGreaterThanOrEqual(2 ** 50)
    expect(performance.now() - started).toBeLessThan(1000) // step by step it would be 2^38 steps
  })
})

describe("nextBatch", () => {
  it("steps: a new batch begins with the first step at or after its boundary, no step is cut", () => {
    const schedule: BatchSchedule = {
      kind: "steps",
      pieces: [
        { from: 0, tokens: 100 },
        { from: 250, tokens: 400 },
      ],
    }
    expect([...steps(schedule, 1100)].map(({ end }) => end)).toEqual([100, 200, 300, 700, 1100])
  })

  it("power: follows the power of the tokens, within its bounds, in multiples", () => {
    const schedule: BatchSchedule = { kind: "power", coefficient: 2, exponent: 0.5, min: 64, max: 2048, multiple: 64 }
    expect(nextBatch(schedule, 0)).toBe(64)
    expect(nextBatch(schedule, 2 ** 14)).toBe(256)
    expect(nextBatch(schedule, 2 ** 14 + 4000)).toBe(256) // 2 sqrt(20384) = 285.5, nearest multiple of 64 is 256
    expect(nextBatch(schedule, 2 ** 30)).toBe(2048)
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 30 }), (consumed) => {
        const found = nextBatch(schedule, consumed)
        expect(found % 64).toBe(0)
        expect(found).toBe(64 * Math.round(Math.min(2048, Math.max(64, 2 * Math.sqrt(consumed))) / 64))
      }),
    )
  })

  it("power with a negative exponent starts at the maximum", () => {
    const schedule: BatchSchedule = { kind: "power", coefficient: 2, exponent: -0.5, min: 64, max: 128, multiple: 64 }
    expect(nextBatch(schedule, 0)).toBe(128)
  })
})

describe("validation", () => {
  const power = { kind: "power", coefficient: 1, exponent: 0.5, min: 64, max: 128, multiple: 64 } as const
  it.each<[field: string, schedule: BatchSchedule]>([
    ["tokens", { kind: "constant", tokens: 0 }],
    ["tokens", { kind: "constant", tokens: 1.5 }],
    ["tokens", { kind: "constant", tokens: Number.NaN }],
    ["pieces.length", { kind: "steps", pieces: [] }],
    ["pieces[0].from", { kind: "steps", pieces: [{ from: 5, tokens: 1 }] }],
    ["pieces[0].tokens", { kind: "steps", pieces: [{ from: 0, tokens: -1 }] }],
    [
      "pieces[2].from",
      {
        kind: "steps",
        pieces: [
          { from: 0, tokens: 1 },
          { from: 9, tokens: 1 },
          { from: 9, tokens: 2 },
        ],
      },
    ],
    ["coefficient", { ...power, coefficient: 0 }],
    ["exponent", { ...power, exponent: Number.NaN }],
    ["min", { ...power, min: 32 }],
    ["max", { ...power, max: 100 }],
    ["max", { ...power, min: 256 }],
    ["multiple", { ...power, multiple: 0 }],
    ["kind", { kind: "ramp" } as unknown as BatchSchedule],
  ])("names %s in %j", (field, schedule) => {
    for (const attempt of [
      () => nextBatch(schedule, 1),
      () => steps(schedule, 1),
      () => stepsUntil(schedule, 1),
      () => roundToStep(schedule, 1),
      () => tokensAfter(schedule, 1),
    ]) {
      expect(attempt).toThrow(ScheduleError)
      expect(attempt).toThrow(`${field} is `)
    }
  })

  it.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses the position %d", (position) => {
    const schedule: BatchSchedule = { kind: "constant", tokens: 1 }
    for (const read of [nextBatch, steps, stepsUntil, roundToStep, tokensAfter])
      expect(() => read(schedule, position)).toThrow(ScheduleError)
  })
})
