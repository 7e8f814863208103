/**
 * What is measured, and what is true, in each kind of study. Truth and the phase of the rate grid are drawn for every study, so that
 * no figure rests on a lucky grid:
 *
 *     alpha_B 0.5 to 1.2 | alpha_eta -0.2 to 0.2 | height of the bell 2^-9 to 2^-7 at 2^20 tokens | phase of the rates 0 to 1 step
 *     curvature 0.05 to 0.08 nats at 2^20 tokens, as T^-0.1 and as B^-0.05 to B^0.05 | skew 0, or 0.5 to 0.8 where asymmetric
 *     peak at the middle horizon within half an octave of the middle batch, unless the scenario says otherwise
 *
 * Each batch has 7 rates an octave apart, the middle one being the rate of the grid nearest to its optimum at the middle horizon.
 */
import type { Sequence } from "../../packages/random/src/index.ts"
import { lnBestRate, type Study, type Truth } from "./simulate.ts"

export interface Scenario {
  readonly name: string
  readonly draw: (draws: Sequence) => Study
}

interface Setup {
  readonly shared?: number
  readonly deviation?: number
  readonly asymmetric?: boolean
  /** log2 of the batches, tokens. */
  readonly batches?: ReadonlyArray<number>
  /** log2 of the horizons, tokens. */
  readonly horizons?: ReadonlyArray<number>
  /** Octaves between rates, and rates on each side of the middle one. */
  readonly step?: number
  readonly side?: number
  readonly seeds?: number
  readonly alphaB?: readonly [number, number]
  /** log2 of the peak over the middle batch at the middle horizon, or over the largest one at the shortest. */
  readonly peak?: { readonly from: number; readonly to: number; readonly beyond?: "largest batch" }
}

const wholeBell = [8, 9, 10, 11, 12, 13, 14]
const fiveHorizons = [18, 19, 20, 21, 22]

const setup =
  (options: Setup) =>
  (draws: Sequence): Study => {
    const { batches: logBatches = wholeBell, horizons: logHorizons = fiveHorizons, step = 1, side = 3 } = options
    const between = (from: number, to: number) => from + (to - from) * draws.next()
    const alphaB = between(...(options.alphaB ?? ([0.5, 1.2] as const)))
    const peak = options.peak ?? { from: -0.5, to: 0.5 }
    const offset = between(peak.from, peak.to)
    const middle = logHorizons[logHorizons.length >> 1]
    const logPeak =
      peak.beyond === undefined
        ? logBatches[logBatches.length >> 1] + offset + alphaB * (20 - middle)
        : logBatches[logBatches.length - 1] + offset + alphaB * (20 - logHorizons[0])
    const truth: Truth = {
      form: "bell",
      etaScale: { at2p20: 2 ** between(-9, -7), exponent: between(-0.2, 0.2) },
      batchScale: { at2p20: 2 ** logPeak, exponent: alphaB },
      batchExponent: 0,
      curvature: { at2p20: between(0.05, 0.08), exponent: -0.1, batchExponent: between(-0.05, 0.05) },
      skew: options.asymmetric === true ? between(0.5, 0.8) : 0,
      balanceBatch: { at2p20: 2 ** 12, exponent: 0.5 },
      stableUpTo: 12,
    }
    const phase = draws.next()
    const batches = logBatches.map((b) => 2 ** b)
    return {
      truth,
      noise: { deviation: options.deviation ?? 0.003, shared: options.shared ?? 0.5 },
      design: {
        batches,
        horizons: logHorizons.map((t) => 2 ** t),
        rates: batches.map((batch) => ratesAbout(lnBestRate(truth, batch, 2 ** middle) / Math.LN2, step, side, phase)),
        seeds: options.seeds ?? 1,
      },
    }
  }

/** Rates 2^(step (k + phase)) about the nearest to 2^logBest. */
export const ratesAbout = (logBest: number, step: number, side: number, phase: number): ReadonlyArray<number> => {
  const nearest = Math.round(logBest / step - phase)
  return Array.from({ length: 2 * side + 1 }, (_, i) => 2 ** (step * (nearest - side + i + phase)))
}

const beforePeak = [6, 7, 8, 9, 10]

export const scenarios: ReadonlyArray<Scenario> = [
  { name: "whole bell, independent noise", draw: setup({ shared: 0 }) },
  { name: "whole bell, half shared", draw: setup({ asymmetric: true }) },
  { name: "whole bell, all shared", draw: setup({ shared: 1 }) },
  { name: "whole bell, noisy", draw: setup({ deviation: 0.01, asymmetric: true }) },
  {
    name: "misses the right side",
    draw: setup({ batches: [7, 8, 9, 10, 11], peak: { from: 1.5, to: 2.5 }, asymmetric: true }),
  },
  { name: "misses the left side", draw: setup({ batches: [11, 12, 13, 14, 15], peak: { from: -2.5, to: -1.5 } }) },
  { name: "misses the peak", draw: setup({ batches: beforePeak, peak: { from: 2, to: 4, beyond: "largest batch" } }) },
  {
    name: "misses the peak, noisy",
    draw: setup({
      batches: beforePeak,
      peak: { from: 2, to: 4, beyond: "largest batch" },
      deviation: 0.01,
      asymmetric: true,
    }),
  },
  {
    name: "four batches by four",
    draw: setup({
      batches: [8, 10, 12, 14],
      horizons: [18, 19, 20, 21],
      asymmetric: true,
      peak: { from: -1.5, to: -0.5 },
    }),
  },
  { name: "two seeds", draw: setup({ batches: [9, 10, 11, 12, 13], seeds: 2 }) },
  { name: "alpha_B one half", draw: setup({ alphaB: [0.5, 0.5], asymmetric: true }) },
  { name: "half-octave rates", draw: setup({ step: 0.5, side: 4, batches: [8, 9.5, 11, 12.5, 14] }) },
]
