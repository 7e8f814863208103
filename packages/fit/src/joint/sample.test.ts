import { random, sequence } from "@ts/random"
import { describe, expect, it } from "vitest"
import { optima, trueLaw } from "../../test/optima.ts"
import { octaves, simulate } from "../../test/simulate.ts"
import { bellEta } from "../bell.ts"
import { fitLaw } from "../fit-law.ts"
import type { JointLaw } from "../law.ts"
import { isEstimate, type Result } from "../result.ts"
import { evidenceOfPoints } from "./evidence.ts"
import { fitForm, originOf, termsOf } from "./fit-form.ts"
import { plainEvidence } from "./plain.ts"
import { lawSampler } from "./sample.ts"

const grid = { batches: octaves(5, 12), horizons: octaves(18, 21) }
const points = optima(trueLaw, { ...grid, seed: 1 })
const evidence = evidenceOfPoints(points)
const terms = termsOf(evidence, false)
const origin = originOf(evidence)
const { parameters, misfit, scatter, degrees } = fitForm(evidence, "bell", { terms, origin })
const joint: JointLaw = {
  form: "bell",
  terms,
  origin,
  fits: { bell: { parameters: [...parameters], misfit, scatter, degrees } },
  noiseDegrees: Infinity,
  evidence: plainEvidence(evidence),
  exponents: {},
}
const members = points.map((_, i) => 100 + i)
const where = { horizons: [2 ** 18, 2 ** 20, 2 ** 24], lnSize: 0, seed: 1 }

const collected = (
  of: (profile: number) => Float64Array | undefined,
  law: JointLaw = joint,
): ReadonlyMap<string, number> => {
  const found = new Map<string, number>()
  lawSampler(law, evidence, members, where)?.draw(0, of, (name, value) => {
    found.set(name, value)
  })
  return found
}

describe("a refit of the bell", () => {
  it("of what it was fitted to is itself, at every horizon", () => {
    const found = collected(() => undefined)
    expect([...found.keys()].sort()).toEqual(
      ["exponent height", "exponent peak", ...where.horizons.flatMap((t) => [`height ${t}`, `peak ${t}`])].sort(),
    )
    const [h0, h1, p0, p1] = parameters
    expect(found.get("exponent height")).toBeCloseTo(h1, 6)
    expect(found.get("exponent peak")).toBeCloseTo(p1, 6)
    for (const tokens of where.horizons) {
      const t = Math.log(tokens) - origin.lnTokens
      expect(found.get(`height ${tokens}`)).toBeCloseTo(h0 + h1 * t, 6)
      expect(found.get(`peak ${tokens}`)).toBeCloseTo(origin.lnBatch + p0 + p1 * t, 6)
    }
  })

  it("follows the slopes that are drawn: all optima higher, and the height is", () => {
    // Slope -0.03 at a curvature of one: every optimum 3 % higher. Of a curvature of two: 1.5 %.
    const slope = (i: number) => points[i - 100]
    expect(slope(100)).toBe(points[0])
    const [still, higher, half] = [
      collected(() => Float64Array.of(0, 0, 1)),
      collected(() => Float64Array.of(7, -0.03, 1)),
      collected(() => Float64Array.of(7, -0.03, 2)),
    ].map((found) => found.get(`height ${2 ** 20}`) ?? NaN)
    expect(higher - still).toBeCloseTo(0.03, 5)
    expect(half - still).toBeCloseTo(0.015, 5)
  })

  it("keeps the curvature of a profile that bends down in a resample", () => {
    const bent = collected(() => Float64Array.of(0, -0.03, -0.5))
    const kept = collected(() => Float64Array.of(0, -0.03, 1))
    expect(bent).toEqual(kept)
  })

  it("leaves the evidence alone, and is none where no bell was fitted", () => {
    const before = plainEvidence(evidence)
    collected(() => Float64Array.of(0, -0.03, 2))
    expect(plainEvidence(evidence)).toEqual(before)
    expect(lawSampler({ ...joint, fits: {} }, evidence, members, where)).toBeUndefined()
  })

  it("at one horizon has no exponents, and the same peak at all", () => {
    const one = points.slice(0, 8)
    const single = evidenceOfPoints(one)
    const none = { tokens: false, size: false }
    const fit = fitForm(single, "bell", { terms: none, origin: originOf(single) })
    const law: JointLaw = {
      ...joint,
      terms: none,
      origin: originOf(single),
      fits: { bell: { ...fit, parameters: [...fit.parameters] } },
      evidence: plainEvidence(single),
    }
    const found = new Map<string, number>()
    lawSampler(law, single, members.slice(0, 8), where)?.draw(
      0,
      () => undefined,
      (name, value) => {
        found.set(name, value)
      },
    )
    expect([...found.keys()].some((name) => name.startsWith("exponent"))).toBe(false)
    expect(found.get(`peak ${2 ** 18}`)).toBe(found.get(`peak ${2 ** 24}`))
    expect(found.get(`height ${2 ** 18}`)).toBeCloseTo(fit.parameters[0], 6)
  })

  it("over sizes counts at the size asked for", () => {
    const sizes = [1e6, 1e7]
    const many = sizes.flatMap((n) => points.map((p) => ({ ...p, eta: p.eta * (n / 1e6) ** -0.2, n })))
    const sized = { ...evidenceOfPoints(many), lnSize: Float64Array.from(many, ({ n }) => Math.log(n)) }
    const both = { tokens: true, size: true }
    const fit = fitForm(sized, "bell", { terms: both, origin: originOf(sized) })
    const law: JointLaw = {
      ...joint,
      terms: both,
      origin: originOf(sized),
      fits: { bell: { ...fit, parameters: [...fit.parameters] } },
      evidence: plainEvidence(sized),
    }
    const heightAt = (n: number) => {
      let height = NaN
      lawSampler(
        law,
        sized,
        many.map((_, i) => i),
        { horizons: [2 ** 20], lnSize: Math.log(n), seed: 1 },
      )?.draw(
        0,
        () => undefined,
        (name, value) => {
          if (name.startsWith("height")) height = value
        },
      )
      return height
    }
    expect(heightAt(1e8) - heightAt(1e6)).toBeCloseTo(-0.2 * Math.log(100), 4)
  })
})

it("has first-order errors and resampled ones agree on a well-identified study, with scatter about the law or without", () => {
  for (const scatter of [0, 0.1]) {
    const draws = sequence(random(3, "moved optima"))
    const moved = new Map<string, number>()
    const eta = (batch: number, tokens: number) => {
      const key = `${batch} ${tokens}`
      const by = moved.get(key) ?? scatter * draws.normal()
      moved.set(key, by)
      return bellEta(batch, 2 ** 9 * (tokens / 2 ** 17) ** 0.5, 2 ** -7 * (tokens / 2 ** 17) ** 0.1) * Math.exp(by)
    }
    const rows = simulate(
      { peakBatch: () => NaN, peakEta: () => NaN, eta, noise: 0.001 },
      { batches: octaves(5, 13), horizons: octaves(15, 19), etas: octaves(-12, -4, 0.5) },
      5,
    )
    const [drawn, first] = [600, 0].map((resamples) => fitLaw(rows, { resamples, noise: 0.001, sharedNoise: 0.5 }))
    expect((drawn.joint?.fits.bell?.scatter ?? NaN) > 0.05).toBe(scatter > 0)
    const error = (result: Result) =>
      isEstimate(result) && typeof result.standardError === "number" ? result.standardError : NaN
    const pairs = [
      [drawn.powerLaws.peakBatch.exponent, first.powerLaws.peakBatch.exponent],
      [drawn.powerLaws.peakEta.exponent, first.powerLaws.peakEta.exponent],
      ...drawn.bells.flatMap((bell, i) => [
        [bell.peakBatch, first.bells[i].peakBatch],
        [bell.peakEta, first.bells[i].peakEta],
      ]),
    ]
    expect(pairs).toHaveLength(12)
    for (const [resampled, order] of pairs) {
      expect(error(resampled)).not.toBe(error(order))
      expect(Math.abs(error(resampled) / error(order) - 1)).toBeLessThan(0.15)
    }
  }
})
