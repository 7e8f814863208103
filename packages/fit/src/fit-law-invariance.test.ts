import { random, sequence } from "@ts/random"
import fc from "fast-check"
import { describe, expect, it } from "vitest"
import { octaves, simulate, type Truth } from "../test/simulate.ts"
import { fitLaw } from "./fit-law.ts"
import type { Law } from "./law.ts"
import { predict } from "./predict.ts"
import type { Result } from "./result.ts"
import type { Row } from "./row.ts"

const truth: Truth = {
  peakBatch: (t) => 2 ** 9 * (t / 2 ** 17) ** 0.6,
  peakEta: (t) => 2 ** -7 * (t / 2 ** 17) ** 0.05,
  dataBatch: (t) => 2 ** 8 * (t / 2 ** 17) ** 0.47,
  skew: 0.2,
  noise: 0.003,
}
const study = simulate(
  truth,
  { batches: octaves(6, 11), horizons: octaves(16, 19), etas: octaves(-10.5, -4.5), seeds: [1, 2] },
  11,
)
const options = { resamples: 25, seed: 4 }
const target = { tokens: 2 ** 21, batch: 2 ** 9 }

type Kind = "batch" | "tokens" | "eta" | "loss" | "number"
type Named = ReadonlyArray<readonly [name: string, kind: Kind, Result]>

/** Every result of a law, with the unit that it is in. */
const resultsOf = (law: Law, asked = target): Named => {
  const advice = predict(law, asked)
  const open = predict(law, { tokens: asked.tokens })
  return [
    ...law.cells.flatMap(
      (cell, i): Named => [
        [`cell ${i} eta`, "eta", cell.eta],
        [`cell ${i} loss`, "loss", cell.loss],
        [`cell ${i} curvature`, "number", cell.curvature],
      ],
    ),
    ...law.bells.flatMap(
      (bell, i): Named => [
        [`bell ${i} batch`, "batch", bell.peakBatch],
        [`bell ${i} eta`, "eta", bell.peakEta],
      ],
    ),
    ...law.overheads.map((o, i) => [`overhead ${i}`, "batch", o.batch] as const),
    ...law.bestBatches.map((b, i) => [`best ${i}`, "batch", b.batch] as const),
    ...law.regimes.map((r, i) => [`regime ${i}`, "number", r.slope] as const),
    ...Object.entries(law.powerLaws).flatMap(
      ([name, { exponent, prefactor }]): Named => [
        [`exponent ${name}`, "number", exponent],
        [`prefactor ${name}`, name === "peakEta" ? "eta" : "batch", prefactor],
      ],
    ),
    ["predicted eta", "eta", advice.eta],
    ["predicted regret", "number", advice.regret],
    ["predicted batch", "batch", open.batch],
    ["its eta", "eta", open.eta],
  ]
}

/** The numbers of a result in units that a change of units leaves alone. */
const numbersOf = (kind: Kind, result: Result, units: Readonly<Record<Kind, number>>): ReadonlyArray<number> => {
  const plain = (x: number | undefined): number =>
    x === undefined ? NaN : kind === "loss" ? x - units.loss : x / units[kind]
  if (result._tag === "NotIdentified") return [plain(result.bound?.lower), plain(result.bound?.upper), result.points]
  const error = typeof result.standardError === "number" ? result.standardError : NaN
  return [
    plain(result.value),
    plain(result.interval?.low),
    plain(result.interval?.high),
    // An error is a difference: of logarithms, or of numbers that are shifted alike.
    error,
    result.n,
  ]
}

const same: Readonly<Record<Kind, number>> = { batch: 1, tokens: 1, eta: 1, loss: 0, number: 1 }
const original = fitLaw(study, options)

/** Relative difference, to a floor of one for what may be zero. */
const compare = (
  changed: Law,
  units: Readonly<Record<Kind, number>>,
  tolerance: number,
  asked: typeof target = target,
): void => {
  const before = resultsOf(original)
  const after = resultsOf(changed, asked)
  expect(after.map(([name, , result]) => `${name} ${result._tag}`)).toEqual(
    before.map(([name, , result]) => `${name} ${result._tag}`),
  )
  before.forEach(([name, kind, result], i) => {
    const [one, two] = [numbersOf(kind, result, same), numbersOf(kind, after[i][2], units)]
    one.forEach((x, k) => {
      const y = two[k]
      if (Number.isFinite(x) || Number.isFinite(y))
        expect(Math.abs(x - y), `${name}: ${x} and ${y}`).toBeLessThan(tolerance * Math.abs(x) + 1e-12)
      else expect(y, name).toBe(x)
    })
  })
  const verdict = ({ forms }: Law) => forms.verdict
  expect(verdict(changed)).toEqual(verdict(original))
  expect(changed.regimes.map((r) => r.verdict)).toEqual(original.regimes.map((r) => r.verdict))
  expect(changed.noise.deviation / original.noise.deviation).toBeCloseTo(1, 8)
  expect(changed.noise.shared).toBeCloseTo(original.noise.shared, 8)
  expect(changed.noise.degrees).toBeCloseTo(original.noise.degrees, 6)
}

describe("a law", () => {
  it("identifies enough for the comparisons below to mean something", () => {
    const found = resultsOf(original).filter(([, , result]) => result._tag === "Estimate")
    expect(found.length).toBeGreaterThan(80)
    expect(original.bells.every(({ peakBatch }) => peakBatch._tag === "Estimate")).toBe(true)
    expect(original.powerLaws.peakBatch.exponent._tag).toBe("Estimate")
  })

  it("does not depend on the order of the rows", () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const draws = sequence(random(seed, "order"))
        const keys = study.map(() => draws.next())
        const order = study.map((_, i) => i).sort((i, j) => keys[i] - keys[j])
        compare(
          fitLaw(
            order.map((i) => study[i]),
            options,
          ),
          same,
          1e-12,
        )
      }),
      { numRuns: 4, seed: 1 },
    )
  })

  it("does not depend on what the runs are called", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.boolean(), (text, reversed) => {
        const names = [...new Set(study.map((row) => row.runId))]
        const other = (id: string) => {
          const k = names.indexOf(id)
          return `${reversed ? names.length - k : k}${text}`
        }
        compare(
          fitLaw(
            study.map((row): Row => ({ ...row, runId: other(row.runId) })),
            options,
          ),
          same,
          1e-12,
        )
      }),
      { numRuns: 4, seed: 1 },
    )
  })

  it("scales with the tokens: batches do as they do, exponents and rates stay", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e6, noNaN: true }), (factor) => {
        const rows = study.map((row): Row => ({ ...row, tokens: factor * row.tokens, batch: factor * row.batch }))
        const asked = { tokens: factor * target.tokens, batch: factor * target.batch }
        compare(fitLaw(rows, options), { ...same, batch: factor, tokens: factor }, 1e-6, asked)
      }),
      { numRuns: 4, seed: 2 },
    )
  })

  it("scales with the learning rate", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e4, noNaN: true }), (factor) => {
        const rows = study.map((row): Row => ({ ...row, eta: factor * row.eta }))
        compare(fitLaw(rows, options), { ...same, eta: factor }, 1e-6)
      }),
      { numRuns: 4, seed: 3 },
    )
  })

  it("stays when a constant is added to all losses", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 3, noNaN: true }), (shift) => {
        const rows = study.map((row): Row => ({ ...row, loss: row.loss + shift }))
        compare(fitLaw(rows, options), { ...same, loss: shift }, 1e-6)
      }),
      { numRuns: 4, seed: 4 },
    )
  })

  it("of losses in other units has curvatures and noise in them, and nothing else changes", () => {
    const bits = fitLaw(
      study.map((row): Row => ({ ...row, loss: row.loss / Math.LN2 })),
      options,
    )
    expect(bits.noise.deviation * Math.LN2).toBeCloseTo(original.noise.deviation, 10)
    const [one, two] = [original, bits].map((law) => law.powerLaws.peakBatch.exponent)
    expect(two._tag === "Estimate" && two.value).toBeCloseTo(one._tag === "Estimate" ? one.value : NaN, 6)
    expect(two._tag === "Estimate" && two.interval?.high).toBeCloseTo(
      one._tag === "Estimate" ? (one.interval?.high ?? NaN) : NaN,
      5,
    )
  })
})
