import { sandwich, type TrunkBlock } from "./blocks.ts"
import type { NoiseLevel } from "./law.ts"
import type { Row } from "./row.ts"

/** Part of the variance of a loss that all readings of a trunk share, where nothing else is known. */
export const defaultShared = 0.5

/** Short of all, so that a covariance stays invertible. */
const mostShared = 0.9999

/** Fewer degrees of freedom than this, and the noise is unknown. */
const fewestDegrees = 3

interface Moments {
  /** Sum of squares of the residuals, and its degrees of freedom. */
  squares: number
  degrees: number
  /** Sum over trunks of the square of the sum of a trunk's residuals. */
  trunks: number
  /** Squared norm of the sum over cells of the residual projections: the weight of the shared variance in `trunks`. */
  weight: number
}

/** A noise level with the degrees of freedom of the residuals, whether it rests on them or was supplied. */
export interface ResidualNoise extends NoiseLevel {
  readonly residualDegrees: number
}

/**
 * How much a loss varies by chance, and how much of that variance all readings of a trunk share, from the residuals of all
 * profiles (repeated seeds are residuals too). What profiles differ from their common shape by counts as noise.
 *
 * With M the projection on the residuals of a cell and K the sum of M over the cells of a block by trunks, the sums of
 * squares have the expectations (own + shared) tr K and, of sums along trunks, own tr K + shared |K|^2: two equations for
 * the two variances, unbiased for any design (the method of moments; on balanced grids the analysis of variance).
 * Degrees of freedom are Satterthwaite's: readings of one trunk count for less than independent ones.
 *
 * @param parameters fitted to all windows in common, beside the three of each
 */
export const noiseOf = (
  blocks: ReadonlyArray<TrunkBlock>,
  rows: ReadonlyArray<Row>,
  options: { readonly noise?: number; readonly sharedNoise?: number } = {},
  parameters = 0,
): ResidualNoise => {
  const m: Moments = { squares: 0, degrees: 0, trunks: 0, weight: 0 }
  for (const block of blocks) addBlock(block, rows, m)
  m.degrees -= parameters
  const excess = m.weight - m.degrees
  const estimable = m.degrees >= fewestDegrees && excess > 0.5 * m.degrees
  const found =
    options.sharedNoise ??
    (estimable && m.squares > 0
      ? Math.max(0, ((m.trunks - m.squares) / excess) * (m.degrees / m.squares))
      : defaultShared)
  const shared = Math.min(found, mostShared)
  const spread = (1 - shared * shared) * m.degrees + shared * shared * m.weight
  const residualDegrees = m.degrees < fewestDegrees ? 0 : Math.max(1, (m.degrees * m.degrees) / spread)
  if (options.noise !== undefined)
    return { deviation: options.noise, shared, source: "supplied", degrees: Infinity, residualDegrees }
  if (residualDegrees === 0) return { deviation: NaN, shared, source: "unknown", degrees: 0, residualDegrees }
  return {
    deviation: Math.sqrt(m.squares / m.degrees),
    shared,
    source: "residuals",
    degrees: residualDegrees,
    residualDegrees,
  }
}

const addBlock = ({ cells, pairs }: TrunkBlock, rows: ReadonlyArray<Row>, m: Moments): void => {
  const sums = new Map<string, number>()
  for (const { window, fit } of cells) {
    const degrees = window.rows.length - 3
    m.squares += fit.residual
    m.degrees += degrees
    m.weight += degrees
    window.rows.forEach((r, k) => {
      const { runId } = rows[r]
      sums.set(runId, (sums.get(runId) ?? 0) + fit.residuals[k])
    })
  }
  for (const sum of sums.values()) m.trunks += sum * sum
  for (const { i, j, cross, shared, leverage } of pairs) {
    const mixed = sandwich(cells[i].fit.inverse, cross, cells[j].fit.inverse)
    let trace = 0
    for (let k = 0; k < 9; k++) trace += mixed[k] * cross[k]
    m.weight += 2 * (shared - leverage + trace)
  }
}
