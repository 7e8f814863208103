import { random } from "@ts/random"
import type { TrunkBlock } from "./blocks.ts"
import type { Cell, NoiseLevel } from "./law.ts"
import { isEstimate, notIdentified, type Result } from "./result.ts"
import type { Row } from "./row.ts"
import { riseInverse, shape } from "./skewed.ts"

/** A cell that can be fitted again to other losses. */
interface Refit {
  readonly profile: number
  readonly cell: Cell
  readonly trunks: Int32Array
  /** Coefficients of the window, and how they follow the losses of its readings: 3 rows of n. */
  readonly coefficients: Float64Array
  readonly bySkew: Float64Array
  readonly map: Float64Array
  readonly reference: number
  readonly from: number
  readonly to: number
  readonly skew: number
}

/** Draws the study again. */
export interface Resampler {
  /** Cells of a resample; those without a window stay as they are. */
  readonly draw: (resample: number) => ReadonlyArray<Cell>
  /** Coefficients a, b, c of a profile in the last draw; `undefined` where it has no window. */
  readonly coefficients: (profile: number) => Float64Array | undefined
}

/**
 * Parametric bootstrap by trunk: all losses are drawn again under the noise, with one part for each trunk that all its readings
 * share and one for each reading, the common skew is drawn under its error, and every window is fitted again. Drawing whole trunks with replacement would leave profiles without
 * the rates they need, as long as each cell has one seed; drawing their noise can always be done. The same seed and
 * resample give the same digits.
 */
export const resampler = (
  blocks: ReadonlyArray<TrunkBlock>,
  rows: ReadonlyArray<Row>,
  cellAt: (profile: number) => Cell,
  others: ReadonlyArray<Cell>,
  noise: NoiseLevel,
  skewError: number,
  seed: number,
): Resampler => {
  const names = new Map<string, number>()
  const trunkOf = (runId: string): number => {
    const known = names.get(runId)
    if (known !== undefined) return known
    names.set(runId, names.size)
    return names.size - 1
  }
  const refits = blocks.flatMap(({ cells }) =>
    cells.map(({ window, fit }): Refit => {
      const n = window.rows.length
      const map = new Float64Array(3 * n)
      window.z.forEach((z, i) => {
        const x = [1, z, shape(z, fit.skew)]
        for (let k = 0; k < 3; k++) for (let l = 0; l < 3; l++) map[k * n + i] += fit.inverse[3 * k + l] * x[l]
      })
      return {
        profile: window.profile,
        cell: cellAt(window.profile),
        trunks: Int32Array.from(window.rows, (r) => trunkOf(rows[r].runId)),
        coefficients: fit.coefficients,
        bySkew: fit.bySkew,
        map,
        reference: window.reference,
        from: window.z[0],
        to: window.z[n - 1],
        skew: fit.skew,
      }
    }),
  )
  const together = noise.deviation * Math.sqrt(noise.shared)
  const alone = noise.deviation * Math.sqrt(1 - noise.shared)
  const coefficients = refits.map(() => new Float64Array(3))
  const byProfile = new Map(refits.map(({ profile }, i) => [profile, coefficients[i]] as const))
  const trunkCount = names.size
  const readings = refits.reduce((sum, { trunks }) => sum + trunks.length, 0)
  // One for each trunk, one for the skew, one for each reading.
  const draws = new Float64Array(trunkCount + 1 + readings)
  const draw = (resample: number): ReadonlyArray<Cell> => {
    random(seed, `bootstrap/${resample}`).fillNormal(draws, 1)
    for (let t = 0; t < trunkCount; t++) draws[t] *= together
    const skewed = skewError * draws[trunkCount]
    let next = trunkCount + 1
    const drawn = refits.map((refit, index): Cell => {
      const { map, trunks } = refit
      const n = trunks.length
      let a = refit.coefficients[0] + skewed * refit.bySkew[0]
      let b = refit.coefficients[1] + skewed * refit.bySkew[1]
      let c = refit.coefficients[2] + skewed * refit.bySkew[2]
      const lowest = draws[trunks[0]] + alone * draws[next]
      for (let i = 0; i < n; i++) {
        const e = draws[trunks[i]] + alone * draws[next++]
        a += map[i] * e
        b += map[n + i] * e
        c += map[2 * n + i] * e
      }
      const own = coefficients[index]
      own[0] = a
      own[1] = b
      own[2] = c
      return again(refit, a, b, c, refit.skew + skewed, lowest)
    })
    return others.length === 0 ? drawn : [...drawn, ...others]
  }
  return { draw, coefficients: (profile) => byProfile.get(profile) }
}

const gone: Result = notIdentified("no-minimum", "", 0)

const again = (refit: Refit, a: number, b: number, c: number, skew: number, chance: number): Cell => {
  const { cell } = refit
  const z = riseInverse(-b / c, skew)
  const inside = c > 0 && c - skew * b > 0 && z >= refit.from && z <= refit.to
  if (!isEstimate(cell.eta) || !isEstimate(cell.loss)) {
    // The lowest measured loss stands for a cell whose minimum lies beyond its grid.
    const { best } = cell
    return best === undefined ? cell : { ...cell, best: { ...best, loss: best.loss + chance } }
  }
  if (!inside) return { ...cell, eta: gone, loss: gone, curvature: gone }
  return {
    ...cell,
    eta: { ...cell.eta, value: Math.exp(refit.reference + z) },
    loss: { ...cell.loss, value: a + b * z + c * shape(z, skew) },
  }
}
