import { random, sequence } from "@ts/random"
import { type Fitted, type TrunkBlock, trunkBlocks } from "../src/blocks.ts"
import { type Profile, profiles } from "../src/profiles.ts"
import type { Row } from "../src/row.ts"
import { shape } from "../src/skewed.ts"
import { fitWindow, type Windowed, windowed } from "../src/windowed.ts"
import { type Matrix, times, transpose, zeros } from "./dense.ts"

/**
 * A small study as life leaves it: two batches, four horizons, uneven rates, a repeated seed, and every trunk missing from some cells.
 */
export const unbalancedRows = (seed: number, noise = 0.01): ReadonlyArray<Row> => {
  const draws = sequence(random(seed, "unbalanced"))
  const rows: Array<Row> = []
  for (const batch of [64, 256])
    for (let k = 0; k < 8; k++) {
      const runSeed = k === 5 ? 2 : 1
      const position = k === 5 ? 4 : k
      const eta = 2 ** (-9 + 0.6 * position + 0.07 * position ** 2)
      const trunk = Math.SQRT1_2 * noise * draws.normal()
      for (const octave of [14, 15, 16, 17]) {
        const keep = draws.next() > 0.25 || (position >= 2 && position <= 4)
        const chance = trunk + Math.SQRT1_2 * noise * draws.normal()
        const z = Math.log(eta) + 4.6
        if (keep)
          rows.push({
            runId: `B${batch} s${runSeed} e${eta}`,
            seed: runSeed,
            tokens: 2 ** octave,
            batch,
            eta,
            width: 0,
            average: "none",
            loss: 2.5 - 0.1 * (octave - 14) + 0.08 * shape(z, 0.3) + chance,
            status: "finished",
            provenance: {},
          })
      }
    }
  return rows
}

export interface Dense {
  readonly rows: ReadonlyArray<Row>
  readonly groups: ReadonlyArray<Profile>
  readonly windows: ReadonlyArray<Windowed>
  readonly fitted: ReadonlyArray<Fitted>
  readonly blocks: ReadonlyArray<TrunkBlock>
  /** Row behind each reading of the stacked cells, and the losses there. */
  readonly readings: ReadonlyArray<number>
  readonly losses: ReadonlyArray<number>
  /** Regressors of all cells, block by block: readings x (3 cells). */
  readonly design: Matrix
  /** Which trunk each reading belongs to. */
  readonly trunks: Matrix
}

/** All of a study in windows that leave nothing out, and as one stacked dense regression. */
export const dense = (rows: ReadonlyArray<Row>, skew: number): Dense => {
  const groups = profiles(rows)
  const windows = windowed(rows, groups, 30, 1e6)
  const values = rows.map((row) => row.loss)
  const fitted = windows.map((window): Fitted => {
    const fit = fitWindow(window, values, skew)
    if (fit === undefined) throw new Error("rates too close")
    return { window, fit }
  })
  const readings = windows.flatMap((window) => window.rows)
  const design = zeros(readings.length, 3 * windows.length)
  let at = 0
  windows.forEach(({ z }, cell) => {
    for (const x of z) {
      design[at][3 * cell] = 1
      design[at][3 * cell + 1] = x
      design[at][3 * cell + 2] = shape(x, skew)
      at++
    }
  })
  const names = [...new Set(readings.map((r) => rows[r].runId))]
  const trunks = readings.map((r) => names.map((name) => (rows[r].runId === name ? 1 : 0)))
  return {
    rows,
    groups,
    windows,
    fitted,
    blocks: trunkBlocks(fitted, rows),
    readings,
    losses: readings.map((r) => rows[r].loss),
    design,
    trunks,
  }
}

/** Covariance of the stacked losses: a part that readings of one trunk share and a part of each. */
export const covarianceOfLosses = ({ trunks }: Dense, deviation: number, shared: number): Matrix =>
  times(trunks, transpose(trunks)).map((row, i) =>
    row.map((same, j) => deviation ** 2 * (shared * same + (i === j ? 1 - shared : 0))),
  )
