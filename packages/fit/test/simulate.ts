import { random, sequence } from "@ts/random"
import { bellEta, type Row } from "../src/index.ts"

/** A study whose truth is known. Losses are drawn, not trained. */
export interface Truth {
  /** Peak of the bell at horizon T, tokens. */
  readonly peakBatch: (tokens: number) => number
  readonly peakEta: (tokens: number) => number
  /** eta*(B, T); default: the bell. */
  readonly eta?: (batch: number, tokens: number) => number
  /** A batch of this size needs twice the data of a vanishing one, tokens. */
  readonly dataBatch?: (tokens: number) => number
  /** d2L / d(ln eta)^2, nats. */
  readonly curvature?: number
  /** Cubic term of the profile: makes the high side steeper. */
  readonly skew?: number
  readonly noise?: number
  /** Part of the noise variance shared along a trunk. */
  readonly shared?: number
  readonly initialLoss?: number
}

export interface Grid {
  readonly batches: ReadonlyArray<number>
  readonly horizons: ReadonlyArray<number>
  readonly etas: ReadonlyArray<number>
  readonly widths?: ReadonlyArray<number>
  readonly seeds?: ReadonlyArray<number>
}

export const octaves = (from: number, to: number, step = 1): ReadonlyArray<number> => {
  const values: Array<number> = []
  for (let k = from; k <= to + 1e-9; k += step) values.push(2 ** k)
  return values
}

/** Loss at the best rate: a power law in the data that a vanishing batch would need. */
export const lossAt = (truth: Truth, batch: number, tokens: number): number => {
  const wasted = truth.dataBatch === undefined ? 1 : 1 + batch / truth.dataBatch(tokens)
  return 1.5 + 30 * (tokens / wasted) ** -0.3
}

export const simulate = (truth: Truth, grid: Grid, seed: number): ReadonlyArray<Row> => {
  const draws = sequence(random(seed, "simulate"))
  const { curvature = 0.06, skew = 0, noise = 0, shared = 0.5 } = truth
  const rows: Array<Row> = []
  for (const width of grid.widths ?? [64])
    for (const runSeed of grid.seeds ?? [1])
      for (const batch of grid.batches)
        for (const eta of grid.etas) {
          const trunk = noise * Math.sqrt(shared) * draws.normal()
          for (const tokens of grid.horizons) {
            const best = truth.eta?.(batch, tokens) ?? bellEta(batch, truth.peakBatch(tokens), truth.peakEta(tokens))
            const z = Math.log(eta / best)
            const excess = 0.5 * curvature * z * z * Math.exp(skew * z)
            const chance = trunk + noise * Math.sqrt(1 - shared) * draws.normal()
            rows.push({
              runId: `w${width} s${runSeed} B${batch} e${eta}`,
              seed: runSeed,
              tokens,
              batch,
              eta,
              width,
              average: "none",
              loss: lossAt(truth, batch, tokens) + excess + chance,
              status: "finished",
              provenance: { synthetic: true },
            })
          }
        }
  return rows
}
