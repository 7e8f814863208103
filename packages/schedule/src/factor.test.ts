import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { type DecayShape, factor, horizonOf, type LrSchedule, powerSchedule, ScheduleError } from "./index.ts"

const shapes: ReadonlyArray<DecayShape> = ["linear", "cosine", "1-sqrt"]

/** Any valid schedule, horizons up to a million tokens. */
const anySchedule: fc.Arbitrary<LrSchedule> = fc
  .record({
    warmup: fc.integer({ min: 0, max: 100_000 }),
    stable: fc.integer({ min: 0, max: 400_000 }),
    decay: fc.integer({ min: 1, max: 500_000 }),
    minRatio: fc.double({ min: 0, max: 1, noNaN: true }),
    shape: fc.constantFrom(...shapes),
    exponent: fc.double({ min: -2, max: 0, noNaN: true }),
    kind: fc.constantFrom(
      "constant",
      "constant_with_warmup",
      "warmup_stable_decay",
      "cosine",
      "linear",
      "power",
    ) as fc.Arbitrary<LrSchedule["kind"]>,
  })
  .map(({ warmup, stable, decay, minRatio, shape, exponent, kind }) => {
    const decayStart = warmup + stable
    const all: { readonly [K in LrSchedule["kind"]]: LrSchedule & { readonly kind: K } } = {
      constant: { kind: "constant" },
      constant_with_warmup: { kind: "constant_with_warmup", warmup },
      warmup_stable_decay: {
        kind: "warmup_stable_decay",
        warmup,
        decayStart,
        horizon: decayStart + decay,
        shape,
        minRatio,
      },
      cosine: { kind: "cosine", warmup, horizon: warmup + decay, minRatio },
      linear: { kind: "linear", warmup, horizon: warmup + decay },
      power: { kind: "power", warmup, knee: decay, exponent },
    }
    return all[kind]
  })
const anyPosition = fc.integer({ min: 0, max: 2_000_000 })
const warmupOf = (schedule: LrSchedule) => (schedule.kind === "constant" ? 0 : schedule.warmup)

describe("factor, for every schedule", () => {
  it("stays in [0, 1]", () => {
    fc.assert(
      fc.property(anySchedule, anyPosition, (schedule, tokens) => {
        const value = factor(schedule, tokens)
        expect(value).toBeGreaterThanOrEqual(0)
        expect(value).toBeLessThanOrEqual(1)
      }),
    )
  })

  it("rises through warmup, in proportion to the tokens, and never after it", () => {
    fc.assert(
      fc.property(anySchedule, anyPosition, anyPosition, (schedule, a, b) => {
        const [early, late] = [Math.min(a, b), Math.max(a, b)]
        const warmup = warmupOf(schedule)
        if (late <= warmup && late > 0) {
          const atEnd = factor(schedule, warmup)
          expect(factor(schedule, late)).toBeCloseTo((late / warmup) * atEnd, 12)
          expect(factor(schedule, early)).toBeLessThanOrEqual(factor(schedule, late))
        }
        if (early >= warmup) expect(factor(schedule, late)).toBeLessThanOrEqual(factor(schedule, early) + 1e-15)
      }),
      { numRuns: 300 },
    )
  })

  it("is continuous: a token changes it by no more than the steepest piece allows", () => {
    fc.assert(
      fc.property(anySchedule, anyPosition, (schedule, tokens) => {
        const change = Math.abs(factor(schedule, tokens + 1) - factor(schedule, tokens))
        const horizon = horizonOf(schedule)
        const warmup = warmupOf(schedule)
        const start = schedule.kind === "warmup_stable_decay" ? schedule.decayStart : warmup
        let allowed = warmup === 0 ? 0 : 1 / warmup
        // 1 - sqrt(p) leaves 1 vertically: its modulus of continuity is sqrt(1 / length). Half a cosine: pi / 2 / length.
        if (horizon !== undefined)
          allowed += Math.max(Math.sqrt(1 / (horizon - start)), Math.PI / 2 / (horizon - start))
        if (schedule.kind === "power") allowed += -schedule.exponent / schedule.knee
        expect(change).toBeLessThanOrEqual(allowed + 1e-12)
      }),
      { numRuns: 300 },
    )
  })

  it("ends at its minimum and stays there", () => {
    fc.assert(
      fc.property(anySchedule, anyPosition, (schedule, beyond) => {
        const horizon = horizonOf(schedule)
        if (horizon === undefined) return
        const last = "minRatio" in schedule ? schedule.minRatio : 0
        expect(factor(schedule, horizon)).toBe(last)
        expect(factor(schedule, horizon + beyond)).toBe(last)
      }),
    )
  })

  it("survives a round trip through JSON", () => {
    fc.assert(
      fc.property(anySchedule, anyPosition, (schedule, tokens) => {
        expect(factor(JSON.parse(JSON.stringify(schedule)), tokens)).toBe(factor(schedule, tokens))
      }),
    )
  })
})

describe("factor, against transformers' formulas in steps of one batch", () => {
  const [B, W, S, D] = [128, 16, 40, 24] // tokens per step; steps of warmup, at the peak, of decay
  const every = Array.from({ length: W + S + D + 5 }, (_, step) => step)

  it("constant_with_warmup", () => {
    const schedule: LrSchedule = { kind: "constant_with_warmup", warmup: W * B }
    for (const step of every) expect(factor(schedule, step * B)).toBeCloseTo(step < W ? step / W : 1, 14)
  })

  it.each(shapes)("warmup_stable_decay with %s decay to a tenth", (shape) => {
    const schedule: LrSchedule = {
      kind: "warmup_stable_decay",
      warmup: W * B,
      decayStart: (W + S) * B,
      horizon: (W + S + D) * B,
      shape,
      minRatio: 0.1,
    }
    for (const step of every.filter((step) => step >= W)) {
      const progress = (step - W - S) / D
      const shaped = {
        linear: 1 - progress,
        cosine: 0.5 * (1 + Math.cos(Math.PI * progress)),
        "1-sqrt": 1 - Math.sqrt(progress),
      }[shape]
      const expected = step < W + S ? 1 : step < W + S + D ? Math.max(0, shaped * (1 - 0.1) + 0.1) : 0.1
      expect(factor(schedule, step * B)).toBeCloseTo(expected, 14)
    }
  })

  it("cosine, with and without a minimum", () => {
    for (const minRatio of [0, 0.1]) {
      const schedule: LrSchedule = { kind: "cosine", warmup: W * B, horizon: (W + D) * B, minRatio }
      for (const step of every.filter((step) => step <= W + D)) {
        const progress = (step - W) / D
        const expected = step < W ? step / W : 0.5 * (1 + Math.cos(Math.PI * progress)) * (1 - minRatio) + minRatio
        expect(factor(schedule, step * B)).toBeCloseTo(expected, 14)
      }
    }
  })

  it("linear", () => {
    const schedule: LrSchedule = { kind: "linear", warmup: W * B, horizon: (W + D) * B }
    for (const step of every) {
      const expected = step < W ? step / W : Math.max(0, (W + D - step) / D)
      expect(factor(schedule, step * B)).toBeCloseTo(expected, 14)
    }
  })
})

describe("factor, at the places one asks about", () => {
  it("gives the first step of a warmup a rate, and the step that ends the warmup all of it", () => {
    const schedule: LrSchedule = { kind: "constant_with_warmup", warmup: 8192 }
    expect(factor(schedule, 64)).toBe(64 / 8192)
    expect(factor(schedule, 8191)).toBeLessThan(1)
    expect(factor(schedule, 8192)).toBe(1)
    expect(factor({ kind: "constant_with_warmup", warmup: 0 }, 0)).toBe(1)
  })

  it("agrees with warmup-stable up to where the decay starts, so that a branch can start there", () => {
    const trunk: LrSchedule = { kind: "constant_with_warmup", warmup: 1000 }
    const branch: LrSchedule = { kind: "warmup_stable_decay", warmup: 1000, decayStart: 5000, horizon: 8000 }
    for (let tokens = 0; tokens <= 5000; tokens += 50) expect(factor(branch, tokens)).toBe(factor(trunk, tokens))
    expect(factor(branch, 6500)).toBe(0.5)
  })

  it("horizonOf says which runs can be extended", () => {
    expect(horizonOf({ kind: "constant" })).toBeUndefined()
    expect(horizonOf({ kind: "constant_with_warmup", warmup: 1 })).toBeUndefined()
    expect(horizonOf({ kind: "power", warmup: 1, knee: 1, exponent: -0.5 })).toBeUndefined()
    expect(horizonOf({ kind: "linear", warmup: 1, horizon: 9 })).toBe(9)
    expect(horizonOf({ kind: "cosine", warmup: 1, horizon: 9 })).toBe(9)
    expect(horizonOf({ kind: "warmup_stable_decay", warmup: 1, decayStart: 2, horizon: 9 })).toBe(9)
  })
})

describe("powerSchedule", () => {
  it("is min(peak, beta a n^b) divided by the peak, after a warmup to its own value", () => {
    const [peak, a, b, batchFactor] = [0.02, 4, -0.51, 3]
    const schedule = powerSchedule({ warmup: 5000, peak, a, b, batchFactor })
    for (const n of [5000, 50_000, 1e6, 1e9, 1e12])
      expect(peak * factor(schedule, n)).toBeCloseTo(Math.min(peak, batchFactor * a * n ** b), 14)
    const late = powerSchedule({ warmup: 1e8, peak, a, b, batchFactor })
    expect(peak * factor(late, 5e7)).toBeCloseTo((batchFactor * a * 1e8 ** b) / 2, 14)
  })

  it("refuses what is no falling power", () => {
    const good = { warmup: 1, peak: 1, a: 1, b: -0.5, batchFactor: 1 }
    for (const [field, value] of Object.entries({ peak: 0, a: -1, b: 0, batchFactor: Number.NaN, warmup: 0.5 }))
      expect(() => powerSchedule({ ...good, [field]: value })).toThrow(`${field} is ${value}`)
  })
})

describe("validation", () => {
  const wsd = { kind: "warmup_stable_decay", warmup: 10, decayStart: 20, horizon: 30 } as const
  it.each<[field: string, schedule: LrSchedule]>([
    ["warmup", { kind: "constant_with_warmup", warmup: -1 }],
    ["warmup", { kind: "constant_with_warmup", warmup: 0.5 }],
    ["warmup", { kind: "cosine", warmup: Number.NaN, horizon: 10 }],
    ["decayStart", { ...wsd, decayStart: 5 }],
    ["horizon", { ...wsd, horizon: 20 }],
    ["shape", { ...wsd, shape: "step" as DecayShape }],
    ["minRatio", { ...wsd, minRatio: 1.5 }],
    ["minRatio", { kind: "cosine", warmup: 0, horizon: 10, minRatio: Number.NaN }],
    ["horizon", { kind: "cosine", warmup: 10, horizon: 10 }],
    ["horizon", { kind: "linear", warmup: 0, horizon: 0 }],
    ["knee", { kind: "power", warmup: 0, knee: 0, exponent: -0.5 }],
    ["exponent", { kind: "power", warmup: 0, knee: 1, exponent: 0.5 }],
    ["exponent", { kind: "power", warmup: 0, knee: 1, exponent: Number.NEGATIVE_INFINITY }],
    ["kind", { kind: "polynomial" } as unknown as LrSchedule],
  ])("names %s in %j", (field, schedule) => {
    expect(() => factor(schedule, 1)).toThrow(ScheduleError)
    expect(() => factor(schedule, 1)).toThrow(new RegExp(`^${field} is .*; it must be `))
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses the position %d", (tokens) => {
    expect(() => factor({ kind: "constant" }, tokens)).toThrow(`tokens is ${tokens}`)
  })
})
