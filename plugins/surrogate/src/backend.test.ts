import { memoryCheckpoints } from "@ts/backend"
import { fixtureStudy, suite, train } from "@ts/backend-conformance"
import { Effect } from "effect"
import { describe, expect, it } from "vitest"
import { SurrogateBackend } from "./backend.ts"
import { defaultLaw, defaultNoise, LawError, lawLoss, optimalEta } from "./law.ts"

suite("surrogate", SurrogateBackend.layer)

const study = fixtureStudy()

const losses = async (seed: number, noise = defaultNoise) => {
  const assignment = study.assignment({ seed })
  const events = await Effect.runPromise(
    Effect.provide(train(assignment), [SurrogateBackend.layerWith(defaultLaw, noise), memoryCheckpoints]),
  )
  return events.flatMap((event) => (event._tag === "Evaluated" ? [{ tokens: event.tokens, loss: event.loss }] : []))
}

describe("SurrogateBackend", () => {
  it("draws the law itself when there is no noise", async () => {
    for (const { tokens, loss } of await losses(1, { deviation: 0, shared: 0, seed: 1 })) {
      expect(loss).toBe(lawLoss(defaultLaw, 2 ** -7, 64, tokens))
    }
  })

  it("shares one part of the noise along a trunk and draws the other for each reading", async () => {
    const noise = { deviation: 0.003, shared: 0.5, seed: 5 }
    const runs = await Promise.all(Array.from({ length: 1000 }, (_, seed) => losses(seed, noise)))
    const errors = runs.map((run) => run.map(({ tokens, loss }) => loss - lawLoss(defaultLaw, 2 ** -7, 64, tokens)!))
    const mean = (values: ReadonlyArray<number>) => values.reduce((x, y) => x + y, 0) / values.length
    const covariance = (i: number, j: number) => mean(errors.map((e) => e[i]! * e[j]!)) / 0.003 ** 2
    // Four standard errors of a (co)variance from 1000 draws are at most 18 %.
    for (const i of [0, 1, 2]) {
      expect(Math.abs(covariance(i, i) - 1)).toBeLessThan(0.18)
      for (const j of [0, 1, 2]) if (i !== j) expect(Math.abs(covariance(i, j) - 0.5)).toBeLessThan(0.15)
    }
  })

  it("refuses a law or a noise that makes no sense, naming the field", () => {
    const noise = (change: object) => () => SurrogateBackend.layerWith(defaultLaw, { ...defaultNoise, ...change })
    expect(() => SurrogateBackend.layerWith({ ...defaultLaw, stableUpTo: 1 })).toThrow(LawError)
    expect(() => SurrogateBackend.layerWith({ ...defaultLaw, skew: Number.NaN })).toThrow(/skew is NaN/)
    expect(() => SurrogateBackend.layerWith({ ...defaultLaw, peakBatch: { at2p20: 0, exponent: 1 } })).toThrow(
      /peakBatch.at2p20 is 0/,
    )
    expect(noise({ deviation: Number.NaN })).toThrow(/noise.deviation is NaN/)
    expect(noise({ shared: 1.5 })).toThrow(/noise.shared is 1.5; it must be a part of the variance, 0 to 1/)
    expect(noise({ seed: 0.5 })).toThrow(/noise.seed is 0.5/)
  })
})

describe("the law", () => {
  it("has its optimum on the bell, and 20 % more data at the overhead batch", () => {
    const [B, T] = [2 ** 9, 2 ** 20]
    // At 2^20 tokens the bell peaks at 2^12 with height 2^-6; three octaves below, cosh(1.5 ln 2) lower.
    expect(optimalEta(defaultLaw, B, T)).toBeCloseTo(2 ** -6 / Math.cosh(1.5 * Math.LN2), 12)
    const best = (b: number, t: number) => lawLoss(defaultLaw, optimalEta(defaultLaw, b, t), b, t)!
    expect(best(B, T)).toBeLessThan(lawLoss(defaultLaw, 2 * optimalEta(defaultLaw, B, T), B, T)!)
    // B_20(2^20) = 2^9: it sees 1 / 1.2 of its data.
    expect(best(B, T)).toBeCloseTo(1.8 + 0.4 * 1.2 ** 0.25, 12)
    expect(lawLoss(defaultLaw, 13 * optimalEta(defaultLaw, B, T), B, T)).toBeUndefined()
  })

  /** Nats that a rate so many octaves above eta* costs. */
  const cost = (octaves: number, T: number, law = defaultLaw) => {
    const best = optimalEta(law, 2 ** 8, T)
    return lawLoss(law, best * 2 ** octaves, 2 ** 8, T)! - lawLoss(law, best, 2 ** 8, T)!
  }

  it("is as wide and as asymmetric as profiles of small models", () => {
    // A byte-level transformer of width 64, B <= 2^9, T = 2^15..2^19: 0.005 to 0.04 nats one octave off.
    for (const T of [2 ** 15, 2 ** 17, 2 ** 19, 2 ** 20]) {
      for (const octaves of [-1, 1]) {
        expect(cost(octaves, T)).toBeGreaterThan(0.005)
        expect(cost(octaves, T)).toBeLessThan(0.04)
      }
      expect(cost(1, T) / cost(-1, T)).toBeCloseTo(2, 1)
      expect(cost(2, T) / cost(-2, T)).toBeCloseTo(4.1, 1)
      expect(cost(3, T) / cost(-3, T)).toBeCloseTo(8.6, 1)
    }
    // The cliff: there, at B = 2^8 and T = 2^19, the third octave too high cost 2.56 - 2.20 = 0.36 nats more than the second.
    expect(cost(3, 2 ** 19) - cost(2, 2 ** 19)).toBeGreaterThan(0.25)
    expect(cost(3, 2 ** 19) - cost(2, 2 ** 19)).toBeLessThan(0.5)
    expect(cost(4, 2 ** 19)).toBeNaN()
  })

  it("has the declared curvature and skew at its optimum, and is a parabola without skew", () => {
    const h = 1e-3 / Math.LN2
    const curvature = (law: typeof defaultLaw) => (cost(h, 2 ** 20, law) + cost(-h, 2 ** 20, law)) / 1e-6
    expect(curvature(defaultLaw)).toBeCloseTo(0.05, 5)
    const k = 0.02 / Math.LN2
    const third =
      (cost(2 * k, 2 ** 20) - 2 * cost(k, 2 ** 20) + 2 * cost(-k, 2 ** 20) - cost(-2 * k, 2 ** 20)) / 2 / 0.02 ** 3
    expect(third / 0.05).toBeCloseTo(1.5, 2)
    const parabola = { ...defaultLaw, skew: 0 }
    for (const octaves of [-3, -1, 2])
      expect(cost(octaves, 2 ** 20, parabola)).toBeCloseTo(0.025 * (octaves * Math.LN2) ** 2, 12)
  })
})
