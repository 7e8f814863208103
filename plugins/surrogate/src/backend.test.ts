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
    for (const { tokens, loss } of await losses(1, { shared: 0, reading: 0, seed: 1 })) {
      expect(loss).toBe(lawLoss(defaultLaw, 2 ** -7, 64, tokens))
    }
  })

  it("shares one part of the noise along a trunk and draws the other for each reading", async () => {
    const noise = { shared: 0.01, reading: 0.001, seed: 5 }
    const runs = await Promise.all(Array.from({ length: 400 }, (_, seed) => losses(seed, noise)))
    const errors = runs.map((run) => run.map(({ tokens, loss }) => loss - lawLoss(defaultLaw, 2 ** -7, 64, tokens)!))
    const mean = (values: ReadonlyArray<number>) => values.reduce((x, y) => x + y, 0) / values.length
    const covariance = (i: number, j: number) => mean(errors.map((e) => e[i]! * e[j]!))
    // Four standard errors of a variance estimated from 400 draws are 28 %.
    for (const [i, j, expected] of [
      [0, 0, 0.01 ** 2 + 0.001 ** 2],
      [0, 1, 0.01 ** 2],
      [0, 2, 0.01 ** 2],
    ] as const) {
      expect(covariance(i, j) / expected).toBeGreaterThan(0.72)
      expect(covariance(i, j) / expected).toBeLessThan(1.28)
    }
    const differences = errors.map((e) => e[0]! - e[1]!)
    expect(mean(differences.map((d) => d * d)) / (2 * 0.001 ** 2)).toBeCloseTo(1, 0)
  })

  it("refuses a law that makes no sense, naming the field", () => {
    expect(() => SurrogateBackend.layerWith({ ...defaultLaw, stableUpTo: 1 })).toThrow(LawError)
    expect(() => SurrogateBackend.layerWith({ ...defaultLaw, peakBatch: { at2p20: 0, exponent: 1 } })).toThrow(
      /peakBatch.at2p20 is 0/,
    )
    expect(() => SurrogateBackend.layerWith(defaultLaw, { ...defaultNoise, shared: Number.NaN })).toThrow(
      /noise.shared is NaN/,
    )
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
    expect(lawLoss(defaultLaw, 65 * optimalEta(defaultLaw, B, T), B, T)).toBeUndefined()
  })
})
