import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { powerLinesTimescale, ScheduleError, type TimescaleRun, timescaleOf, weightDecayFor } from "./index.ts"

const anyRun: fc.Arbitrary<TimescaleRun> = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 ** 22 }),
    steps: fc.integer({ min: 1, max: 100_000 }),
    eta: fc.double({ min: 1e-6, max: 1, noNaN: true }),
    coupled: fc.boolean(),
  })
  .map(({ batch, steps, eta, coupled }) => ({
    batch,
    tokens: batch * steps,
    ...(coupled ? { coupling: "coupled-to-lr" as const, eta } : { coupling: "independent" as const }),
  }))

describe("the AdamW timescale", () => {
  it("is the time, in steps, after which decay alone leaves 1/e of a weight", () => {
    const run = { batch: 256, tokens: 256 * 10_000, coupling: "coupled-to-lr", eta: 1e-2 } as const
    const lambda = 0.1
    const steps = timescaleOf(run, lambda) * 10_000
    expect(steps).toBeCloseTo(1 / (1e-2 * lambda), 9)
    expect((1 - 1e-2 * lambda) ** steps).toBeCloseTo(Math.exp(-1), 3)
    const independent = { batch: 256, tokens: 256 * 10_000, coupling: "independent" } as const
    expect(timescaleOf(independent, 1e-3) * 10_000).toBeCloseTo(1000, 9)
  })

  it("goes there and back for either coupling", () => {
    fc.assert(
      fc.property(anyRun, fc.double({ min: 1, max: 1000, noNaN: true }), (run, inSteps) => {
        const tau = (inSteps * run.batch) / run.tokens
        expect(timescaleOf(run, weightDecayFor(run, tau)) / tau).toBeCloseTo(1, 12)
      }),
    )
  })

  it("lambda is linear in B at fixed tau, eta and D; independent decay does not see eta", () => {
    const run = { batch: 128, tokens: 2 ** 24, coupling: "coupled-to-lr", eta: 0.016 } as const
    expect(weightDecayFor({ ...run, batch: 512 }, 0.2) / weightDecayFor(run, 0.2)).toBeCloseTo(4, 12)
    expect(weightDecayFor({ ...run, coupling: "independent" }, 0.2)).toBeCloseTo(weightDecayFor(run, 0.2) * 0.016, 15)
  })

  it("is infinite without decay", () => {
    expect(timescaleOf({ batch: 1, tokens: 10, coupling: "independent" }, 0)).toBe(Number.POSITIVE_INFINITY)
  })

  it("by Power Lines falls with tokens per parameter to the -0.527", () => {
    const [at20, at200] = [20, 200].map((tokensPerParameter) =>
      powerLinesTimescale({ coefficient: 1, tokensPerParameter }),
    )
    expect(Math.log10(at200! / at20!)).toBeCloseTo(-0.527, 12)
    expect(powerLinesTimescale({ coefficient: 2, tokensPerParameter: 16, exponent: -0.5 })).toBe(0.5)
  })

  it("names what is wrong", () => {
    const run = { batch: 64, tokens: 640, coupling: "coupled-to-lr", eta: 0.1 } as const
    expect(() => timescaleOf({ ...run, batch: 0 }, 1)).toThrow("batch is 0")
    expect(() => timescaleOf({ ...run, tokens: 0.5 }, 1)).toThrow("tokens is 0.5")
    expect(() => timescaleOf({ ...run, eta: 0 }, 1)).toThrow("eta is 0")
    expect(() => timescaleOf(run, -1)).toThrow("weightDecay is -1")
    expect(() => timescaleOf(run, Number.NaN)).toThrow(ScheduleError)
    expect(() => timescaleOf({ ...run, coupling: "both" } as unknown as TimescaleRun, 1)).toThrow("coupling is both")
    expect(() => weightDecayFor(run, 0)).toThrow("tau is 0")
    expect(() => weightDecayFor(run, 0.05)).toThrow("tau is 0.05; it must be at least one step, batch / tokens = 0.1")
    expect(() => powerLinesTimescale({ coefficient: 0, tokensPerParameter: 20 })).toThrow("coefficient is 0")
    expect(() => powerLinesTimescale({ coefficient: 1, tokensPerParameter: -1 })).toThrow("tokensPerParameter is -1")
  })
})
