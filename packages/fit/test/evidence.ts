import { random, sequence } from "@ts/random"
import type { Block, Evidence } from "../src/joint/evidence.ts"
import { times, transpose } from "./dense.ts"

/**
 * Evidence drawn at random: blocks of correlated cells over batches, horizons and sizes, slopes about zero, curvatures about 0.06 nats.
 * Every number differs from every other, so that no two can be mixed up unseen.
 */
export const drawnEvidence = (
  seed: number,
  blockSizes: ReadonlyArray<number>,
  options: { readonly skew?: number; readonly skewError?: number; readonly error?: number } = {},
): Evidence => {
  const draws = sequence(random(seed, "evidence"))
  const cells = blockSizes.reduce((a, b) => a + b, 0)
  const vector = (f: () => number) => Float64Array.from({ length: cells }, f)
  const deviation = options.error ?? 0.005
  let first = 0
  const blocks = blockSizes.map((n): Block => {
    // A covariance of 2n numbers from more draws than that.
    const factor = Array.from({ length: 2 * n }, () =>
      Array.from({ length: 2 * n + 4 }, () => (deviation * draws.normal()) / Math.sqrt(2 * n + 4)),
    )
    const all = times(factor, transpose(factor))
    const part = (rows: number, columns: number) =>
      Float64Array.from({ length: n * n }, (_, k) => all[rows + Math.floor(k / n)][columns + (k % n)])
    const block = { first, cells: n, slopes: part(0, 0), mixed: part(0, n), curvatures: part(n, n) }
    first += n
    return block
  })
  return {
    cells,
    reference: vector(() => -5 + 0.5 * draws.normal()),
    slope: vector(() => 0.02 * draws.normal()),
    curvature: vector(() => 0.06 + 0.01 * draws.normal()),
    skew: options.skew ?? 0.2,
    skewError: options.skewError ?? 0,
    slopeBySkew: vector(() => 0.01 * draws.normal()),
    curvatureBySkew: vector(() => 0.01 * draws.normal()),
    lnBatch: vector(() => 5 + 1.5 * draws.normal()),
    lnTokens: vector(() => 12 + draws.normal()),
    lnSize: vector(() => 17 + draws.normal()),
    blocks,
  }
}
