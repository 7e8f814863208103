import { sandwich, type TrunkBlock } from "../blocks.ts"
import type { NoiseLevel } from "../law.ts"
import type { Profile } from "../profiles.ts"
import { shape } from "../skewed.ts"
import { cholesky } from "./objective.ts"
import type { Solved } from "./plain.ts"
import { lawValue } from "./quantities.ts"

/** Losses at the optima of the law, with their covariance in blocks. */
export interface LowestLosses {
  readonly cells: ReadonlyArray<{ readonly batch: number; readonly tokens: number; readonly loss: number }>
  readonly blocks: ReadonlyArray<{
    readonly first: number
    readonly cells: number
    /** Nats squared, row by row. */
    readonly covariance: Float64Array
  }>
}

/** An optimum of the law further than this outside a window, ln eta, says nothing of the loss there. */
const farthest = 0.7

/**
 * Reads each window's curve at the law's optimum, so that a cell whose own minimum is ill determined or lies just beyond its grid counts with
 * the error it has there.
 */
export const lowestLosses = (
  trunks: ReadonlyArray<TrunkBlock>,
  profiles: ReadonlyArray<Profile>,
  noise: NoiseLevel,
  law: Solved,
): LowestLosses => {
  const cells: Array<LowestLosses["cells"][number]> = []
  const blocks: Array<LowestLosses["blocks"][number]> = []
  const variance = noise.source === "unknown" ? 0 : noise.deviation ** 2
  for (const block of trunks) {
    const first = cells.length
    const place = new Map<number, number>()
    const gradients: Array<Float64Array> = []
    block.cells.forEach(({ window, fit }, cell) => {
      const { batch, tokens, size } = profiles[window.profile]
      const [a, b, c] = fit.coefficients
      const at = { lnTokens: Math.log(tokens), lnSize: size > 0 ? Math.log(size) : 0 }
      const z = lawValue(law, Math.log(batch), at) - window.reference
      if (!(c > 0) || z < window.z[0] - farthest || z > window.z[window.z.length - 1] + farthest) return
      place.set(cell, gradients.length)
      gradients.push(Float64Array.of(1, z, shape(z, fit.skew)))
      cells.push({ batch, tokens, loss: a + b * z + c * shape(z, fit.skew) })
    })
    const n = gradients.length
    if (n === 0) continue
    const covariance = new Float64Array(n * n)
    const form = (left: Float64Array, m: ArrayLike<number>, right: Float64Array): number => {
      let sum = 0
      for (let k = 0; k < 3; k++) for (let l = 0; l < 3; l++) sum += left[k] * m[3 * k + l] * right[l]
      return sum
    }
    for (const [cell, i] of place)
      covariance[i * n + i] = variance * form(gradients[i], block.cells[cell].fit.inverse, gradients[i])
    for (const { i, j, cross } of block.pairs) {
      const [k, l] = [place.get(i), place.get(j)]
      if (k === undefined || l === undefined) continue
      const joint = sandwich(block.cells[i].fit.inverse, cross, block.cells[j].fit.inverse)
      covariance[k * n + l] = variance * noise.shared * form(gradients[k], joint, gradients[l])
      covariance[l * n + k] = covariance[k * n + l]
    }
    blocks.push({ first, cells: n, covariance })
  }
  return { cells, blocks }
}

/** Cholesky factors of the blocks with a further variance of each cell, nats squared. */
export const factorsOf = ({ blocks }: LowestLosses, scatter: number): ReadonlyArray<Float64Array> | undefined => {
  const factors: Array<Float64Array> = []
  for (const { covariance, cells: n } of blocks) {
    const factor = Float64Array.from(covariance)
    for (let i = 0; i < n; i++) factor[i * n + i] += scatter
    if (!cholesky(factor, n)) return undefined
    factors.push(factor)
  }
  return factors
}
