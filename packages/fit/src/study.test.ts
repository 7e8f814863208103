import { random, sequence } from "@ts/random"
import { describe, expect, it } from "vitest"
import { combine, inverse, times, transpose } from "../test/dense.ts"
import { octaves } from "../test/simulate.ts"
import { covarianceOfLosses, dense, unbalancedRows } from "../test/unbalanced.ts"
import { profiles } from "./profiles.ts"
import type { Row } from "./row.ts"
import { shape } from "./skewed.ts"
import { type Shape, shapeOf } from "./study.ts"

interface Drawn {
  readonly skew?: number
  readonly noise?: number
  readonly shared?: number
  readonly etas?: ReadonlyArray<number>
  readonly horizons?: ReadonlyArray<number>
  readonly batches?: ReadonlyArray<number>
}

/** Profiles of one exact shape whose minima rise with the batch. */
const drawn = (seed: number, { skew = 0.3, noise = 0.002, shared = 0.5, ...grid }: Drawn): ReadonlyArray<Row> => {
  const draws = sequence(random(seed, "study"))
  const rows: Array<Row> = []
  for (const batch of grid.batches ?? octaves(6, 9))
    for (const eta of grid.etas ?? octaves(-11, -5, 0.5)) {
      const trunk = noise * Math.sqrt(shared) * draws.normal()
      for (const tokens of grid.horizons ?? octaves(14, 17)) {
        const z = Math.log(eta / 2 ** -8) - 0.3 * Math.log(batch / 128)
        const chance = trunk + noise * Math.sqrt(1 - shared) * draws.normal()
        rows.push({
          runId: `B${batch} e${eta}`,
          seed: 1,
          tokens,
          batch,
          eta,
          width: 0,
          average: "none",
          loss: 2.5 + 0.06 * shape(z, skew) + chance,
          status: "finished",
          provenance: {},
        })
      }
    }
  return rows
}

const shapeFor = (rows: ReadonlyArray<Row>, options: Parameters<typeof shapeOf>[2] = {}): Shape =>
  shapeOf(rows, profiles(rows), options)

describe("the skew of a study", () => {
  it("is exact without noise", () => {
    for (const skew of [-0.4, 0, 0.5]) expect(shapeFor(drawn(1, { skew, noise: 0 })).skew).toBeCloseTo(skew, 3)
  })

  it("scatters over studies as its error says, whatever a trunk shares", () => {
    for (const shared of [0, 0.5, 0.95]) {
      const studies = 200
      const grid = { batches: octaves(6, 8), horizons: octaves(14, 16), etas: octaves(-11, -5, 0.6) }
      const found = Array.from({ length: studies }, (_, k) => shapeFor(drawn(k, { shared, ...grid })))
      const mean = found.reduce((sum, { skew }) => sum + skew, 0) / studies
      const scatter = Math.sqrt(found.reduce((sum, { skew }) => sum + (skew - mean) ** 2, 0) / (studies - 1))
      const error = found.reduce((sum, s) => sum + s.error, 0) / studies
      expect(Math.abs(mean - 0.3)).toBeLessThan((3 * scatter) / Math.sqrt(studies))
      expect(Math.abs(error / scatter - 1)).toBeLessThan(0.15)
    }
  })

  it("has the first-order error of dense least squares under the noise that trunks share", () => {
    const noise = 0.0005
    const all = unbalancedRows(6, noise)
    const inside = shapeFor(all, { noise }).blocks.flatMap(({ cells }) => cells.flatMap(({ window }) => window.rows))
    const rows = all.filter((_, i) => inside.includes(i))
    for (const sharedNoise of [0, 0.5, 0.9]) {
      const { skew, error, blocks } = shapeFor(rows, { noise, sharedNoise })
      const study = dense(rows, skew)
      // Every reading lies in a window, as in the dense study.
      expect(blocks.flatMap(({ cells }) => cells.flatMap(({ window }) => window.rows))).toHaveLength(rows.length)
      const h = 1e-4
      const slope = study.fitted.flatMap(({ window, fit }) =>
        window.z.map((z) => [(fit.coefficients[2] * (shape(z, skew + h) - shape(z, skew - h))) / (2 * h)]),
      )
      const hat = times(
        study.design,
        inverse(times(transpose(study.design), study.design)),
        transpose(study.design),
        slope,
      )
      const rest = combine(slope, hat, (g, x) => g - x)
      const gram = times(transpose(rest), rest)[0][0]
      const spread = times(transpose(rest), covarianceOfLosses(study, noise, sharedNoise), rest)[0][0]
      expect(error / Math.sqrt(1 / (gram ** 2 / spread + 1))).toBeCloseTo(1, 1.7)
    }
  })

  it("has the error of the prior where the data add little, and none where none was estimated", () => {
    const few = shapeFor(drawn(1, { batches: [128], horizons: [2 ** 15], etas: octaves(-11, -5, 0.7) }), { noise: 5 })
    expect(few.error).toBeGreaterThan(0.95)
    expect(few.error).toBeLessThanOrEqual(1)
    const five = { batches: [128], horizons: [2 ** 15], etas: octaves(-10, -6) }
    expect(shapeFor(drawn(1, five))).toMatchObject({ skew: 0, error: 0 })
    expect(shapeFor(drawn(1, five), { noise: 0.01 })).toMatchObject({ skew: 0, error: 0 })
  })

  it("has an error that follows the noise supplied", () => {
    const rows = drawn(2, {})
    // Both windows have two octaves, so the information is one and the same.
    const [one, two] = [0.002, 0.004].map((noise) => shapeFor(rows, { noise, sharedNoise: 0.5 }))
    const information = ({ error }: Shape, noise: number) => (1 / error ** 2 - 1) * noise ** 2
    expect(one.window).toBe(2)
    expect(two.window).toBe(2)
    expect(information(one, 0.002) / information(two, 0.004)).toBeCloseTo(1, 8)
  })
})

describe("the windows of a study", () => {
  /** Curvature of the middle profile over its error. */
  const certainty = ({ blocks, noise }: Shape) => {
    const ratios = blocks
      .flatMap(({ cells }) => cells)
      .map(({ window, fit }) => {
        const x = window.z.map((z) => [1, z, shape(z, fit.skew)])
        return fit.coefficients[2] / (noise.deviation * Math.sqrt(inverse(times(transpose(x), x))[2][2]))
      })
      .sort((a, b) => a - b)
    return ratios[Math.floor(ratios.length / 2)]
  }

  it("widen until the curvature of the middle profile stands out of the noise", () => {
    const widths = [0.001, 0.05, 0.25].map((noise) => {
      const found = shapeFor(drawn(3, { noise, etas: octaves(-13, -3, 0.5) }))
      if (found.window < 4) expect(certainty(found)).toBeGreaterThanOrEqual(4)
      return found.window
    })
    expect(widths).toEqual([2, 3, 4])
    const hidden = drawn(3, { noise: 0.05, etas: octaves(-13, -3, 0.5) })
    const [narrow] = [shapeFor(hidden)].map(({ blocks }) => blocks.flatMap(({ cells }) => cells)[0].window)
    expect(narrow.z[narrow.z.length - 1] - narrow.z[0]).toBeGreaterThan(4.1 * Math.LN2)
  })

  it("stay at two octaves where no noise is known", () => {
    const rows = drawn(1, { batches: [128], horizons: [2 ** 15], etas: octaves(-9, -7) })
    const found = shapeFor(rows)
    expect(found).toMatchObject({ window: 2, skew: 0, error: 0, noise: { source: "unknown" } })
    expect(found.blocks).toHaveLength(1)
    expect(found.blocks[0].cells[0].window.rates).toBe(3)
  })

  it("are none where nothing was measured", () => {
    expect(shapeFor([])).toMatchObject({ skew: 0, error: 0, blocks: [], noise: { source: "unknown" } })
    expect(shapeFor([], { noise: 0.01 })).toMatchObject({ blocks: [], noise: { source: "supplied", deviation: 0.01 } })
  })
})

it("counts the skew as one of the parameters of the noise", () => {
  const rows = drawn(4, { shared: 0 })
  const { blocks, noise } = shapeFor(rows)
  const cells = blocks.flatMap((block) => block.cells)
  const squares = cells.reduce((sum, { fit }) => sum + fit.residual, 0)
  const degrees = cells.reduce((sum, { window }) => sum + window.rows.length - 3, 0)
  expect(noise.deviation).toBeCloseTo(Math.sqrt(squares / (degrees - 1)), 12)
})
