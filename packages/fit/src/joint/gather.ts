import { sandwich, type TrunkBlock } from "../blocks.ts"
import type { NoiseLevel } from "../law.ts"
import type { Profile } from "../profiles.ts"
import { riseInverse } from "../skewed.ts"
import type { Skew } from "../windowed.ts"
import { type Block, type Evidence, evidenceOfPoints } from "./evidence.ts"

/** More horizons of one trunk than this add work and, being one run, next to no knowledge. */
const mostCells = 16

export interface Gathered {
  readonly evidence: Evidence
  /** Position of the profile behind each cell. */
  readonly members: ReadonlyArray<number>
}

/**
 * Slopes and curvatures of all fitted windows with their covariance under the noise. Windows whose profile bends down are left
 * out. Where no noise is known all covariances are zero, and only the scatter about the law speaks.
 */
export const gatherEvidence = (
  trunks: ReadonlyArray<TrunkBlock>,
  profiles: ReadonlyArray<Profile>,
  noise: NoiseLevel,
  skew: Skew,
): Gathered => {
  if (!located(trunks)) return { evidence: evidenceOfPoints([]), members: [] }
  const kept = trunks.map((block) => ({ block, at: spaced(block, profiles) })).filter(({ at }) => at.length > 0)
  const cells = kept.reduce((sum, { at }) => sum + at.length, 0)
  const evidence = {
    cells,
    skew: skew.skew,
    skewError: skew.error,
    slopeBySkew: new Float64Array(cells),
    curvatureBySkew: new Float64Array(cells),
    reference: new Float64Array(cells),
    slope: new Float64Array(cells),
    curvature: new Float64Array(cells),
    lnBatch: new Float64Array(cells),
    lnTokens: new Float64Array(cells),
    lnSize: new Float64Array(cells),
  }
  const variance = noise.source === "unknown" ? 0 : noise.deviation ** 2
  const members: Array<number> = []
  let first = 0
  const blocks = kept.map(({ block, at }): Block => {
    const n = at.length
    const slopes = new Float64Array(n * n)
    const mixed = new Float64Array(n * n)
    const curvatures = new Float64Array(n * n)
    const place = new Map(at.map((cell, k) => [cell, k] as const))
    at.forEach((cell, k) => {
      const { window, fit } = block.cells[cell]
      const { batch, tokens, size } = profiles[window.profile]
      members.push(window.profile)
      evidence.reference[first + k] = window.reference
      evidence.slope[first + k] = fit.coefficients[1]
      evidence.curvature[first + k] = fit.coefficients[2]
      evidence.slopeBySkew[first + k] = fit.bySkew[1]
      evidence.curvatureBySkew[first + k] = fit.bySkew[2]
      evidence.lnBatch[first + k] = Math.log(batch)
      evidence.lnTokens[first + k] = Math.log(tokens)
      evidence.lnSize[first + k] = size > 0 ? Math.log(size) : 0
      slopes[k * n + k] = variance * fit.inverse[4]
      mixed[k * n + k] = variance * fit.inverse[5]
      curvatures[k * n + k] = variance * fit.inverse[8]
    })
    for (const { i, j, cross } of block.pairs) {
      const [k, l] = [place.get(i), place.get(j)]
      if (k === undefined || l === undefined) continue
      const joint = sandwich(block.cells[i].fit.inverse, cross, block.cells[j].fit.inverse)
      const part = variance * noise.shared
      slopes[k * n + l] = slopes[l * n + k] = part * joint[4]
      curvatures[k * n + l] = curvatures[l * n + k] = part * joint[8]
      mixed[k * n + l] = part * joint[5]
      mixed[l * n + k] = part * joint[7]
    }
    const result = { first, cells: n, slopes, mixed, curvatures }
    first += n
    return result
  })
  return { evidence: { ...evidence, blocks }, members }
}

/** How far from the centre of its window a minimum counts as seen, ln eta. */
const seen = 2

/** Whether two profiles or more have a minimum at all: where all run off their grids there is no law to fit. */
const located = (trunks: ReadonlyArray<TrunkBlock>): boolean => {
  let count = 0
  for (const { cells } of trunks)
    for (const { fit } of cells) {
      const [, b, c] = fit.coefficients
      if (c > 0 && Math.abs(riseInverse(-b / c, fit.skew)) <= seen) count++
    }
  return count >= 2
}

/** Positions of the cells of a block that enter: convex ones, at most so many, spread over the horizons. */
const spaced = ({ cells }: TrunkBlock, profiles: ReadonlyArray<Profile>): ReadonlyArray<number> => {
  const convex = cells
    .flatMap(({ fit }, i) => (fit.coefficients[2] > 0 ? [i] : []))
    .sort((i, j) => profiles[cells[i].window.profile].tokens - profiles[cells[j].window.profile].tokens)
  if (convex.length <= mostCells) return convex
  const ln = (i: number) => Math.log(profiles[cells[i].window.profile].tokens)
  const [low, high] = [ln(convex[0]), ln(convex[convex.length - 1])]
  const chosen = new Set<number>()
  for (let k = 0; k < mostCells; k++) {
    const wanted = low + ((high - low) * k) / (mostCells - 1)
    chosen.add(convex.reduce((a, b) => (Math.abs(ln(b) - wanted) < Math.abs(ln(a) - wanted) ? b : a)))
  }
  return convex.filter((i) => chosen.has(i))
}
