import type { Sequence } from "../../packages/random/src/index.ts"
import { type FormName, lnBestRate, type Study, type Truth } from "./simulate.ts"

/** What a kind of study fixes; the rest is drawn. */
export interface Setup {
  /** Default: the bell. */
  readonly form?: FormName
  /** Part of the noise variance shared along a trunk. Default 0.5. */
  readonly shared?: number
  /** Noise of one reading, nats. Default 0.003. */
  readonly deviation?: number
  readonly asymmetric?: boolean
  /** Standard deviation of ln eta* of cells about the law. Default 0. */
  readonly scatter?: number
  /** log2 of the batches, tokens. */
  readonly batches?: ReadonlyArray<number>
  /** log2 of the horizons, tokens. */
  readonly horizons?: ReadonlyArray<number>
  /** Octaves between rates, and rates on each side of the middle one. Default 1 and 3. */
  readonly step?: number
  readonly side?: number
  readonly seeds?: number
  readonly alphaB?: readonly [number, number]
  /** log2 of the batch scale over the middle batch at the middle horizon, or over the largest one at the shortest. */
  readonly peak?: { readonly from: number; readonly to: number; readonly beyond?: "largest batch" }
}

/**
 * A study of this kind. Truth and the phase of the rate grid are drawn anew for each, so that no figure rests on a lucky grid:
 *
 *     alpha_B 0.5 to 1.2 | alpha_eta -0.2 to 0.2 | scale of eta* 2^-9 to 2^-7 at 2^20 tokens | phase of the rates 0 to 1 step
 *     curvature 0.05 to 0.08 nats at 2^20 tokens, as T^-0.1 and as B^-0.05 to B^0.05 | skew 0, or 0.5 to 0.8 where asymmetric
 *     batch scale at the middle horizon within half an octave of the middle batch | exponent of the form "power" 0.2 to 0.4
 *
 * The middle rate of a batch is that of the grid nearest to its optimum at the middle horizon: 7 rates an octave apart.
 */
export const drawStudy = (setup: Setup, draws: Sequence): Study => {
  const { batches: logBatches = [8, 9, 10, 11, 12, 13, 14], horizons: logHorizons = [18, 19, 20, 21, 22] } = setup
  const { step = 1, side = 3 } = setup
  const between = (from: number, to: number) => from + (to - from) * draws.next()
  const [least, most] = setup.alphaB ?? [0.5, 1.2]
  const alphaB = between(least, most)
  const { from, to, beyond } = setup.peak ?? { from: -0.5, to: 0.5 }
  const middle = logHorizons[logHorizons.length >> 1]
  const [batch, horizon] =
    beyond === undefined
      ? [logBatches[logBatches.length >> 1], middle]
      : [logBatches[logBatches.length - 1], logHorizons[0]]
  const truth: Truth = {
    form: setup.form ?? "bell",
    batchScale: { at2p20: 2 ** (batch + between(from, to) + alphaB * (20 - horizon)), exponent: alphaB },
    etaScale: { at2p20: 2 ** between(-9, -7), exponent: between(-0.2, 0.2) },
    batchExponent: between(0.2, 0.4),
    curvature: { at2p20: between(0.05, 0.08), exponent: -0.1, batchExponent: between(-0.05, 0.05) },
    skew: setup.asymmetric === true ? between(0.5, 0.8) : 0,
    balanceBatch: { at2p20: 2 ** 12, exponent: 0.5 },
    stableUpTo: 12,
    ...(setup.scatter === undefined
      ? {}
      : { scatter: { deviation: setup.scatter, seed: Math.floor(1e9 * draws.next()) } }),
  }
  const phase = draws.next()
  const batches = logBatches.map((b) => 2 ** b)
  return {
    truth,
    noise: { deviation: setup.deviation ?? 0.003, shared: setup.shared ?? 0.5 },
    design: {
      batches,
      horizons: logHorizons.map((t) => 2 ** t),
      rates: batches.map((b) => ratesAbout(lnBestRate(truth, b, 2 ** middle) / Math.LN2, step, side, phase)),
      seeds: setup.seeds ?? 1,
    },
  }
}

/** Rates 2^(step (k + phase)) about the nearest to 2^logBest. */
const ratesAbout = (logBest: number, step: number, side: number, phase: number): ReadonlyArray<number> => {
  const nearest = Math.round(logBest / step - phase)
  return Array.from({ length: 2 * side + 1 }, (_, i) => 2 ** (step * (nearest - side + i + phase)))
}
